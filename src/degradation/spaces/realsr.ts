/**
 * RealSR: shrunk by bicubic interpolation or by a blur kernel that was estimated from photographs, and
 * real noise from flat patches of photographs added. Reference: Tencent/Real-SR (CVPRW 2020).
 */
import type { Random } from '../../rng.ts';
import type { Operation } from '../recipe.ts';
import { clamp, pick, resizeToLq } from './draws.ts';
import type { Probabilities } from './values.ts';

/** What recipes can refer to by number; `sha256` stands for the contents. */
export interface KernelBankInfo {
  readonly count: number;
  /** Side of every kernel. */
  readonly size: number;
  readonly sha256: string;
}

export interface NoiseBankInfo {
  readonly count: number;
  /** Side of every patch. */
  readonly size: number;
  /** Side of the part that is added: the lq crop with its margin. */
  readonly window: number;
  readonly sha256: string;
}

export interface RealSrSpace {
  readonly name: 'realsr';
  /** bicubic: as for photographs that were noisy only; kernel: as for those of telephones. */
  readonly downscaleProbabilities: Probabilities<'bicubic' | 'kernel'>;
  /** That noise of the bank is added. */
  readonly noiseProbability: number;
  readonly kernelBank: KernelBankInfo | null;
  readonly noiseBank: NoiseBankInfo | null;
}

export const realSr: RealSrSpace = {
  name: 'realsr',
  downscaleProbabilities: { bicubic: 0.5, kernel: 0.5 },
  noiseProbability: 1,
  kernelBank: null,
  noiseBank: null,
};

/** Why the space cannot be drawn from, and what to do about it. */
export function bankProblem(
  space: RealSrSpace,
): { key: string; problem: string; hint: string } | undefined {
  const { kernelBank, noiseBank } = space;
  if (space.downscaleProbabilities.kernel > 0 && !kernelBank) {
    return {
      key: 'kernelBank',
      problem: 'is missing: realsr shrinks with estimated blur kernels',
      hint: 'give a file of kernels as degradation.kernels, or set downscaleProbabilities to {bicubic: 1, kernel: 0}',
    };
  }
  if (space.noiseProbability > 0 && !noiseBank) {
    return {
      key: 'noiseBank',
      problem: 'is missing: realsr adds the noise of photographs',
      hint: 'give a folder of photographs as degradation.noiseBank, or set noiseProbability to 0',
    };
  }
  if (noiseBank && noiseBank.window > noiseBank.size) {
    return {
      key: 'noiseBank',
      problem: `has patches of ${noiseBank.size} pixels, and lq crops with their margins have ${noiseBank.window}`,
      hint: 'take smaller crops, or larger patches',
    };
  }
  return undefined;
}

function drawDownscale(random: Random, space: RealSrSpace): Operation[] {
  const downscale = pick(random, space.downscaleProbabilities);
  if (downscale === 'bicubic') return [resizeToLq(1, 'matlabBicubic'), clamp(1)];
  const { count, size } = space.kernelBank as KernelBankInfo;
  return [
    {
      op: 'blur',
      stage: 1,
      kernel: 'bank',
      kernelSize: size,
      sigmaX: 0,
      sigmaY: 0,
      theta: 0,
      beta: 0,
      omega: 0,
      shift: 0,
      index: random.integer(count),
    },
    resizeToLq(1, 'decimate'),
    clamp(1),
  ];
}

function drawInject(random: Random, { count, size, window }: NoiseBankInfo): Operation {
  const places = size - window + 1;
  return {
    op: 'inject',
    stage: 1,
    patch: random.integer(count),
    top: random.integer(places),
    left: random.integer(places),
  };
}

/** The operations of one recipe: at most 4. */
export function drawRealSr(random: Random, space: RealSrSpace): Operation[] {
  const operations = drawDownscale(random, space);
  if (space.noiseBank && random.chance(space.noiseProbability)) {
    operations.push(drawInject(random, space.noiseBank));
  }
  return operations;
}
