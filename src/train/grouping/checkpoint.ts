/** Groups of recipes from a checkpoint, outside a run: `tasks group`. */
import { basename } from 'node:path';
import { EvensrError, exitCodes } from '../../errors.ts';
import { restoreTrainer } from '../checkpoint.ts';
import { findCheckpoint } from '../measure.ts';
import { specialistRate } from '../measure-tasks.ts';
import type { TrainObserver } from '../observer.ts';
import type { Control } from '../signals.ts';
import { type TrainerState, takeState } from '../trainer-state.ts';
import { openWorkshop, type Workshop } from '../workshop.ts';
import { GroupBench } from './bench.ts';
import type { GroupSettings, GroupsContent } from './file.ts';
import { findGroups, type GroupProgress } from './group.ts';

export interface GroupCheckpointOptions {
  /** A run folder (its newest checkpoint is taken) or a checkpoint in one. */
  path: string;
  settings: Omit<GroupSettings, 'seed' | 'learningRate'>;
  /** Default: that of the run. */
  seed?: number | undefined;
  /** Default: beside the checkpoint. */
  file?: string | undefined;
  observer: TrainObserver;
  control: Control;
  onProgress(progress: GroupProgress): void;
}

function requireSettings({ steps, window, thresholds }: GroupCheckpointOptions['settings']): void {
  const refuse = (problem: string, hint: string): never => {
    throw new EvensrError('E_USAGE', exitCodes.usage, problem, { hint });
  };
  if (window > steps) refuse(`the losses of ${window} of ${steps} steps`, 'lower --window');
  if (thresholds.some((value, i) => i > 0 && value >= (thresholds[i - 1] as number))) {
    refuse(`thresholds ${thresholds.join(', ')} do not fall`, 'for example 0.8,0.6,0.4,0.2');
  }
}

interface Opened {
  workshop: Workshop;
  start: TrainerState;
  settings: GroupSettings;
  file: string;
  checkpoint: GroupsContent['checkpoint'];
}

async function withCheckpoint<Result>(
  { path, observer, seed, ...given }: GroupCheckpointOptions,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  requireSettings(given.settings);
  const { config, checkpoint, file } = await findCheckpoint(path, observer);
  const workshop = await openWorkshop(config, observer);
  try {
    if (workshop.photosId !== checkpoint.state.photos) {
      observer.warn('W_PHOTOS', 'the photographs are not those that the checkpoint was trained on');
    }
    const trainer = workshop.createTrainer();
    let start: TrainerState;
    try {
      restoreTrainer(trainer, checkpoint);
      start = takeState(trainer);
    } finally {
      trainer.dispose();
    }
    return await work({
      workshop,
      start,
      settings: {
        ...given.settings,
        seed: seed ?? config.seed,
        learningRate: config.training.learningRate * specialistRate,
      },
      file: given.file ?? file.replace(/(\.safetensors)?$/, '.groups.json'),
      checkpoint: { name: basename(file), step: checkpoint.state.step },
    });
  } finally {
    workshop.dispose();
  }
}

/**
 * Groups fixed recipes by TGSR's procedure and writes them to a file for `balance.groups`.
 * @returns nothing when it was stopped; what was found is kept
 * @throws E_USAGE, E_RUN, E_CHECKPOINT, E_DISK
 */
export function groupCheckpoint(
  options: GroupCheckpointOptions,
): Promise<{ file: string; groups: GroupsContent } | undefined> {
  const { control, onProgress } = options;
  return withCheckpoint(options, async (opened) => {
    const groups = await findGroups({ ...opened, control, onProgress });
    return groups && { file: opened.file, groups };
  });
}

/** What a grouping will take. Milliseconds; those of a step and of a recipe's PSNR were measured. */
export interface GroupPlan {
  settings: GroupSettings;
  file: string;
  timedSteps: number;
  step: number;
  psnr: number;
  indicators: number;
  /** At most: groups leave, and rounds that follow an empty one train nothing. */
  rounds: number;
}

const warmSteps = 3;
const timedSteps = 8;

/** Trains a few steps and keeps nothing. */
export function planGroups(options: GroupCheckpointOptions): Promise<GroupPlan> {
  return withCheckpoint(options, async ({ workshop, start, settings, file }) => {
    const few = { ...settings, recipes: 1, steps: warmSteps + timedSteps, window: 1 };
    const bench = await GroupBench.open(workshop, start, few);
    try {
      let steps = 0;
      let [began, ended] = [0, 0];
      const onStep = () => {
        steps++;
        if (steps === warmSteps) began = performance.now();
        if (steps === warmSteps + timedSteps - 1) ended = performance.now();
      };
      await bench.indicator(0, { onStep, stopping: () => false });
      const step = (ended - began) / (timedSteps - 1);
      const scoring = performance.now();
      await bench.psnr(0, 'still');
      const psnr = performance.now() - scoring;
      const { recipes, window, flag, jointSteps, thresholds, crops } = settings;
      const compared = (psnr / crops) * workshop.batchOptions.batchSize;
      const flagged = Math.round(flag * recipes);
      return {
        ...{ settings, file, timedSteps, step, psnr },
        indicators: recipes * (settings.steps * step + window * compared),
        rounds: thresholds.length * (jointSteps * step + flagged * psnr) + flagged * psnr,
      };
    } finally {
      bench.dispose();
    }
  });
}
