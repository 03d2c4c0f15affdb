/** Everything that a report tells of one run. Reads only: the run may be training. */
import { resolve } from 'node:path';
import { readRegularFile } from '../../../data/regular-file.ts';
import { boundText, type Task } from '../../../degradation/region.ts';
import { defineTasks, levelsOfLastAxis } from '../../../degradation/task.ts';
import { EvensrError, exitCodes } from '../../../errors.ts';
import { loadConfig, type TrainConfig } from '../../../train/config.ts';
import type { TrainObserver } from '../../../train/observer.ts';
import { openRunSpace } from '../../../train/open-space.ts';
import { openProbePhotos } from '../../../train/photos.ts';
import { configFile } from '../../../train/run-folder.ts';
import { probesOf } from '../../../train/workshop.ts';
import type { Bench } from './crops.ts';
import { type RunEvents, readEvents } from './events.ts';
import type { LinesFound } from './lines.ts';
import { type MetricsLine, readMetrics } from './metrics.ts';
import { makePictures, type RunPictures } from './pictures.ts';
import { contentOf, type Piece, piece } from './piece.ts';

export interface ReportTask {
  id: string;
  /** Empty when the configuration cannot be read. */
  description: string;
  bounds: string[];
  mass: number | null;
}

export interface RunFacts {
  path: string;
  /** Its place on the page, from 0; its letter, when several runs are shown. */
  number: number;
  letter: string;
  name: string;
  config: Piece<TrainConfig>;
  /** config.yaml as it is. */
  configText: Piece<string>;
  tasks: ReportTask[];
  /** Levels of the last axis: tasks vary it fastest. */
  levels: number;
  metrics: Piece<LinesFound<MetricsLine>>;
  events: Piece<RunEvents>;
  pictures: Piece<RunPictures>;
}

/**
 * Reads a run. What is missing or damaged says so in its place.
 * @param open what a run that was trained in this process lends; without it all is opened anew
 * @throws E_RUN (exit code 2) when `path` holds nothing of a run
 */
export async function gatherRun(
  path: string,
  { number, letter }: Pick<RunFacts, 'number' | 'letter'>,
  observer: TrainObserver,
  open?: Bench,
): Promise<RunFacts> {
  const file = configFile(path);
  const configText = await piece('config.yaml', async () =>
    (await readRegularFile(file)).toString('utf8'),
  );
  const metrics = await piece('metrics.jsonl', () => readMetrics(path));
  if ('missing' in configText && 'missing' in metrics) {
    throw new EvensrError('E_RUN', exitCodes.usage, `there is no run in ${path}`, {
      hint: 'give the folder that train was given as --output',
    });
  }
  const config = await piece('config.yaml', async () => open?.config ?? loadConfig(file));
  const known = contentOf(config);
  const cut =
    open?.tasks ?? (known && contentOf(await piece('tasks', () => tasksOf(known, observer))));
  return {
    path,
    number,
    letter,
    name: known?.name ?? nameOf(path),
    config,
    configText,
    tasks: cut ? cut.map(described) : bareTasks(contentOf(metrics)?.entries ?? []),
    levels: cut ? levelsOfLastAxis(cut) : 0,
    metrics,
    events: await piece('report.jsonl', () => readEvents(path)),
    pictures: await piece('pictures', () =>
      pictures(path, { config: known, tasks: cut }, observer, open),
    ),
  };
}

function nameOf(path: string): string {
  return resolve(path).split('/').at(-1) || 'run';
}

const warnOf = (observer: TrainObserver) => (code: string, text: string) =>
  observer.warn(code, text);

async function tasksOf(config: TrainConfig, observer: TrainObserver): Promise<Task[]> {
  const { space, dispose } = await openRunSpace(config, warnOf(observer));
  dispose();
  return defineTasks(space, config.tasks.boundaries ?? undefined, { scale: config.scale });
}

function described({ id, description, bounds, mass }: Task): ReportTask {
  return { id, description, bounds: bounds.map(boundText), mass };
}

/** Without a configuration the tasks are those that the metrics name. */
function bareTasks(lines: readonly MetricsLine[]): ReportTask[] {
  const ids = Object.keys(lines.at(-1)?.tasks ?? {});
  return ids.map((id) => ({ id, description: '', bounds: [], mass: null }));
}

async function pictures(
  path: string,
  { config, tasks }: { config: TrainConfig | undefined; tasks: readonly Task[] | undefined },
  observer: TrainObserver,
  open: Bench | undefined,
): Promise<RunPictures> {
  const warn = warnOf(observer);
  if (open) return await makePictures(path, open, warn);
  if (!config || !tasks) throw new Error('the configuration cannot be read');
  const validation = await openProbePhotos(config, observer);
  try {
    const { space, banks, dispose } = await openRunSpace(config, warn);
    try {
      const bench = { config, space, banks, tasks, validation };
      const probes = await probesOf(config, { ...bench, observer });
      try {
        return await makePictures(path, { ...bench, probes }, warn);
      } finally {
        probes.dispose();
      }
    } finally {
      dispose();
    }
  } finally {
    validation.pack.dispose();
  }
}
