import type { Command } from 'commander';
import { boundText } from '../degradation/region.ts';
import { defineSpace } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { formatTable } from '../report/table.ts';
import { integerWithin } from './options.ts';
import { runs } from './run.ts';

interface Options {
  scale: number;
  samples: number;
}

const columns = [
  { title: 'task' },
  { title: 'bounds' },
  { title: 'mass', align: 'right' as const },
  { title: 'looks like' },
];

export function registerTasks(program: Command): void {
  const command = program
    .command('tasks')
    .description('show the tasks that the degradation space is cut into')
    .option('--scale <factor>', 'scale of the network', integerWithin(1, 16), 4)
    .option('--samples <count>', 'draws behind the masses', integerWithin(10_000, 1e8), 200_000)
    .addHelpText('after', '\nExample:\n  evensr tasks --scale 4');
  runs<Options>(command, async ({ scale, samples }, output) => {
    const tasks = defineTasks(defineSpace(), undefined, { scale, samples });
    output.document({ scale, samples, tasks });
    const rows = tasks.map((task) => [
      task.id,
      task.bounds.map(boundText).join(', '),
      `${(task.mass * 100).toFixed(1)} %`,
      task.description,
    ]);
    for (const line of formatTable(columns, rows)) output.line(line);
    return undefined;
  });
}
