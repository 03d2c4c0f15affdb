/** How a step on each task's data aligns with what lowers the error of every task. */
import type { TaskMatrix } from '../balance/rule.ts';
import type { Alignments, NativeTrainer, TaskSamples } from '../native.ts';
import { type BatchOptions, BatchSource } from './batches.ts';
import type { Warn } from './checkpoint-folder.ts';
import { CropDrawer, type CropOptions, type CropSource } from './crops.ts';
import type { Probes } from './probe.ts';

export interface AlignmentOptions {
  batches: Omit<BatchOptions, 'crops'>;
  crops: { source: CropSource; options: CropOptions };
  probes: Probes;
  /** Training samples of each task. */
  samplesPerTask: number;
  /** Samples that run through the network together: those of a part of a step. */
  atOnce: number;
  warn: Warn;
}

/** Samples of their own: no step is measured on what it trained. */
const alignmentSeed = 2 ** 43;

/**
 * The cosines that a balance rule goes by (Measured.alignments), tasks in the order of their sorted ids.
 *
 * Entry (t, u) is d_t . g_u / (|d_t| |g|): d_t the gradient of the pixel loss on samples of t as Adam scales
 * it, g_u that of the mean log-MSE on the probes of u, g the mean of all g_u. So the mean of a row is the
 * cosine of d_t and g. The samples are a pure function of seed and step, and every task gets the same crops.
 * @returns nothing, with a warning, when a number was not finite
 */
export async function measureAlignments(
  trainer: NativeTrainer,
  step: number,
  options: AlignmentOptions,
): Promise<TaskMatrix | undefined> {
  const { batches, probes, atOnce, warn } = options;
  const ids = batches.tasks.map(({ id }) => id).toSorted();
  const numbers = (taskIds: readonly string[]) => Int32Array.from(taskIds, (id) => ids.indexOf(id));
  const training: TaskSamples[] = [];
  try {
    for (const id of ids) {
      const { pairs, taskIds } = await sourceOf(id, options).take(step + 1);
      training.push({ pairs, tasks: numbers(taskIds) });
    }
    const probed = [...probes.batches()].map(({ pairs, taskIds }) => ({
      pairs,
      tasks: numbers(taskIds),
    }));
    const request = { training, probes: probed, tasks: ids.length, atOnce };
    const cosines = cosinesOf(await trainer.alignments(request));
    if (cosines.flat().every(Number.isFinite)) return cosines;
    warn('W_NONFINITE', `step ${step}: the alignments of the tasks are not finite - not used`);
    return undefined;
  } finally {
    for (const { pairs } of training) pairs.dispose();
  }
}

function sourceOf(taskId: string, { batches, crops, samplesPerTask }: AlignmentOptions) {
  const seed = alignmentSeed + batches.seed;
  const ids = new Array<string>(samplesPerTask).fill(taskId);
  const drawer = new CropDrawer(crops.source, { ...crops.options, seed });
  const options = { ...batches, seed, batchSize: samplesPerTask, compat: null, crops: drawer };
  return new BatchSource({ next: () => ids }, options);
}

/** A task or an objective without any gradient aligns with nothing. */
function cosinesOf({ dots, stepNorms, gradientNorm }: Alignments): number[][] {
  return Array.from(stepNorms, (stepNorm, task) => {
    const row = dots.subarray(task * stepNorms.length, (task + 1) * stepNorms.length);
    const size = stepNorm * gradientNorm;
    return Array.from(row, (dot) => (size === 0 ? 0 : dot / size));
  });
}
