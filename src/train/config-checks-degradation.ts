import { leastGtSide } from '../degradation/smallest.ts';
import { resizeProblems } from '../degradation/space-check.ts';
import { spaceOf } from './config-degradation.ts';
import { type Finding, findingAt } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** Where Real-ESRGAN cannot resize as it is asked to. */
function checkStages({ degradation, training, scale }: TrainConfig): Finding[] {
  const { margin, space } = degradation;
  if (space.name !== 'real-esrgan') return [];
  const lqSide = training.lqSize + 2 * margin;
  // Stage 1 resizes by a share of gt's size, stage 2 to a share of lq's.
  const stages = [
    ['stage1', lqSide * scale],
    ['stage2', lqSide],
  ] as const;
  return stages.flatMap(([name, side]) => {
    const key = `degradation.space.${name}.resizeScale`;
    const { resizeProbabilities, resizeScale } = space[name];
    const leavesNothing = resizeProbabilities.down > 0 && resizeScale[0] * side < 1;
    return [
      ...resizeProblems(space[name]).map((problem) => findingAt(key, problem)),
      ...(leavesNothing
        ? [findingAt(key, `leaves nothing of ${side} pixels: low must be >= ${1 / side}`)]
        : []),
    ];
  });
}

/** Crops that the space shrinks so far that blurs see little but mirrored borders. */
function checkCrops(config: TrainConfig): Finding[] {
  const { degradation, training, scale } = config;
  if (degradation.space.name === 'real-esrgan' || degradation.space.name === 'realsr') return [];
  const least = leastGtSide(spaceOf(config), scale);
  const side = (training.lqSize + 2 * degradation.margin) * scale;
  if (side >= least) return [];
  const lqSize = Math.ceil(least / scale) - 2 * degradation.margin;
  const message = `${degradation.space.name} needs at least ${lqSize} with this margin`;
  return [findingAt('training.lqSize', message)];
}

/** The files of realsr, and keys that other spaces have no use for. */
function checkSources({ degradation }: TrainConfig): Finding[] {
  const { space, kernels, noiseBank, jpegBackend, compat } = degradation;
  const { name } = space;
  const found: Finding[] = [];
  const add = (key: string, message: string): void => {
    found.push(findingAt(`degradation.${key}`, message));
  };
  if (name === 'realsr') {
    if (kernels === null && space.downscaleProbabilities.kernel > 0) {
      add(
        'kernels',
        'realsr needs a file of estimated kernels, unless space.downscaleProbabilities is {bicubic: 1, kernel: 0}',
      );
    }
    if (noiseBank === null && space.noiseProbability > 0) {
      add(
        'noiseBank',
        'realsr needs a folder of noisy photographs, unless space.noiseProbability is 0',
      );
    }
  } else {
    if (kernels !== null) add('kernels', `only realsr has a use for it, not ${name}`);
    if (noiseBank !== null) add('noiseBank', `only realsr has a use for it, not ${name}`);
  }
  if (jpegBackend !== null && (name === 'realsr' || name === 'classic')) {
    add('jpegBackend', `${name} does not compress`);
  }
  if (compat !== 'none' && name !== 'real-esrgan') {
    add('compat', `only the space real-esrgan has it, not ${name}`);
  }
  return found;
}

/** What drawing whole batches asks of the rest. */
function checkCompat({ degradation, balance, training }: TrainConfig): Finding[] {
  if (degradation.compat === 'none' || degradation.space.name !== 'real-esrgan') return [];
  const found: Finding[] = [];
  if (balance.rule !== 'natural') {
    const message = 'degradation.compat draws whole batches, which only natural allows';
    found.push(findingAt('balance.rule', message));
  }
  const { batchSize } = training;
  const below = degradation.poolSize - (degradation.poolSize % batchSize);
  if (below !== degradation.poolSize) {
    const near = below > 0 ? `${below} or ${below + batchSize}` : `${batchSize}`;
    const message = `must be a multiple of training.batchSize (${batchSize}), for example ${near}`;
    found.push(findingAt('degradation.poolSize', message));
  }
  return found;
}

/** Checks that concern several keys of `degradation`, and the crops. */
export function checkDegradation(config: TrainConfig): Finding[] {
  const sources = checkSources(config);
  const sizes = sources.length > 0 ? [] : [...checkStages(config), ...checkCrops(config)];
  return [...sizes, ...sources, ...checkCompat(config)];
}
