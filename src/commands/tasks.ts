import type { Command } from 'commander';
import { boundText } from '../degradation/region.ts';
import { realEsrganSpace } from '../degradation/space.ts';
import { defaultBoundaries, defineTasks } from '../degradation/task.ts';
import { formatTable } from '../report/table.ts';
import { loadConfig } from '../train/config.ts';
import { spaceOf } from '../train/config-degradation.ts';
import { integerWithin } from './options.ts';
import { runs } from './run.ts';
import { registerTasksMeasure } from './tasks-measure.ts';

interface Options {
  config?: string;
  scale?: number;
  samples: number;
}

/** What to cut and where: as the configuration says, or the defaults. */
function cutting({ config: file, scale }: Options) {
  const config = file === undefined ? undefined : loadConfig(file);
  return {
    space: config ? spaceOf(config) : realEsrganSpace,
    boundaries: config?.tasks.boundaries ?? defaultBoundaries,
    scale: scale ?? config?.scale ?? 4,
  };
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
    .option('--config <file>', 'space, boundaries and scale of a training configuration')
    .option('--scale <factor>', 'scale of the network (default: 4)', integerWithin(1, 16))
    .option('--samples <count>', 'draws behind the masses', integerWithin(10_000, 1e8), 200_000)
    .addHelpText('after', '\nExample:\n  evensr tasks --config configs/srvgg_x4.yaml');
  registerTasksMeasure(command);
  runs<Options>(command, async (options, output) => {
    const { space, boundaries, scale } = cutting(options);
    const { samples } = options;
    const tasks = defineTasks(space, boundaries, { scale, samples });
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
