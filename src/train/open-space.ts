/** A configuration's degradation space, with the files that its recipes refer to. */
import { readKernelBank } from '../data/kernel-bank.ts';
import { openNoiseBank, type Warn } from '../data/open-noise-bank.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import type { SynthesizeOptions } from '../native.ts';
import type { TrainConfig } from './config.ts';
import { type BankInfos, spaceOf } from './config-degradation.ts';

/** What synthesis needs beside recipes: estimated kernels and patches of noise. */
export type Banks = Pick<SynthesizeOptions, 'kernels' | 'patches'>;

export interface OpenSpace {
  space: DegradationSpace;
  banks: Banks;
  /** Closes the photographs of the noise bank. */
  dispose(): void;
}

/**
 * Opens the space of a configuration. The caller disposes it.
 * @param window side of the largest lq crop that noise is added to, margin included
 * @throws E_KERNELS, E_SPACE, E_DATA_… when the noise bank has no photographs or no flat patch
 */
export async function openSpace(
  config: Pick<TrainConfig, 'degradation'>,
  { window, warn }: { window: number; warn: Warn },
): Promise<OpenSpace> {
  const { space: keys, kernels, noiseBank } = config.degradation;
  if (keys.name !== 'realsr') return { space: spaceOf(config), banks: {}, dispose: () => {} };
  const kernelBank = kernels === null ? null : await readKernelBank(kernels);
  const noise = noiseBank === null ? null : await openNoiseBank(noiseBank, warn);
  const infos: BankInfos = {
    kernelBank: kernelBank && {
      count: kernelBank.count,
      size: kernelBank.size,
      sha256: kernelBank.sha256,
    },
    noiseBank: noise && { count: noise.count, size: noise.size, window, sha256: noise.sha256 },
  };
  const dispose = () => noise?.dispose();
  try {
    return {
      space: spaceOf(config, infos),
      banks: {
        ...(kernelBank ? { kernels: { size: kernelBank.size, taps: kernelBank.taps } } : {}),
        ...(noise ? { patches: { pack: noise.pack, size: noise.size, places: noise.places } } : {}),
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The space of a run, for the lq crops that it is trained on. */
export function openRunSpace(config: TrainConfig, warn: Warn): Promise<OpenSpace> {
  const { training, degradation } = config;
  return openSpace(config, { window: training.lqSize + 2 * degradation.margin, warn });
}
