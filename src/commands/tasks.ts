import type { Command } from 'commander';
import type { Warn } from '../data/open-noise-bank.ts';
import { boundText } from '../degradation/region.ts';
import type { SpaceName } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { sourceNamed } from '../evaluate/setup.ts';
import { formatTable } from '../report/table.ts';
import { loadConfig } from '../train/config.ts';
import { openSpace } from '../train/open-space.ts';
import { integerWithin, spaceOption } from './options.ts';
import { runs } from './run.ts';
import { registerTasksGroup } from './tasks-group.ts';
import { registerTasksMeasure } from './tasks-measure.ts';
import { registerTasksRank } from './tasks-rank.ts';

interface Options {
  config?: string;
  space?: SpaceName;
  scale?: number;
  samples: number;
}

/** What to cut and where: as the configuration says, or the defaults of the space. */
async function cutting({ config: file, space: name, scale }: Options, warn: Warn) {
  const config = file === undefined ? undefined : loadConfig(file);
  const source = config ?? sourceNamed(name ?? 'real-esrgan');
  const { space, dispose } = await openSpace(source, { window: 1, warn });
  dispose();
  return {
    space,
    boundaries: source.tasks.boundaries ?? undefined,
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
    .addOption(spaceOption())
    .option('--scale <factor>', 'scale of the network (default: 4)', integerWithin(1, 16))
    .option('--samples <count>', 'draws behind the masses', integerWithin(10_000, 1e8), 200_000)
    .addHelpText(
      'after',
      '\nExamples:\n  evensr tasks --config configs/srvgg_x4.yaml\n  evensr tasks --space bsrgan --scale 2',
    );
  registerTasksMeasure(command);
  registerTasksGroup(command);
  registerTasksRank(command);
  runs<Options>(command, async (options, output) => {
    const { space, boundaries, scale } = await cutting(options, (code, text) =>
      output.warn(code, text),
    );
    const { samples } = options;
    const tasks = defineTasks(space, boundaries, { scale, samples });
    output.document({ space: space.name, scale, samples, tasks });
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
