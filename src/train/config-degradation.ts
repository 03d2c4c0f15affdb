import { z } from 'zod';
import { type DegradationSpace, defineSpace, type Overrides } from '../degradation/space.ts';
import type { KernelBankInfo, NoiseBankInfo } from '../degradation/spaces/realsr.ts';
import { path } from './config-path.ts';
import { overridesOf, spaceSchema } from './config-spaces.ts';

/** Most of what a crop's borders reach: the final low-pass has a radius of at most 10 lq pixels. */
export const defaultMargin = 8;

/** Keys under `degradation`. The defaults are those of the space, from src/degradation/spaces. */
export const degradation = z.strictObject({
  space: spaceSchema
    .prefault({ name: 'real-esrgan' })
    .describe('name of a degradation space, or its name with ranges and probabilities to change'),
  jpegBackend: z
    .enum(['diffjpeg', 'libjpeg'])
    .nullable()
    .default(null)
    .describe(
      'JPEG as DiffJPEG, or as a real encoder writes it; null takes what the reference of the space does: diffjpeg for real-esrgan, libjpeg for the others',
    ),
  kernels: path
    .nullable()
    .default(null)
    .describe('JSON file of estimated blur kernels, {size, kernels: [[taps], ...]}, for realsr'),
  noiseBank: path
    .nullable()
    .default(null)
    .describe('folder of noisy photographs, whose flat patches are the noise of realsr'),
  usm: z
    .boolean()
    .default(false)
    .describe(
      'sharpen gt first; the sharpened gt is also the target, which distorts PSNR: of the probes always, of the losses as their gtUsm says',
    ),
  margin: z
    .int()
    .min(0)
    .max(64)
    .default(defaultMargin)
    .describe(
      'lq pixels around every crop that are degraded with it and then cut away: filters mirror the picture at its borders, which real photographs do not show',
    ),
  compat: z
    .enum(['none', 'real-esrgan'])
    .default('none')
    .describe(
      'real-esrgan draws once a batch what the reference draws once a batch, and mixes batches in a pool of pairs as it does',
    ),
  poolSize: z
    .int()
    .min(1)
    .max(16_384)
    .default(180)
    .describe(
      'pairs in the pool of degradation.compat, a multiple of training.batchSize: each batch trains pairs drawn from it and takes their places',
    ),
});

/** What `realsr` refers to by number. */
export interface BankInfos {
  readonly kernelBank: KernelBankInfo | null;
  readonly noiseBank: NoiseBankInfo | null;
}

/**
 * The degradation space that a configuration describes.
 * @throws E_SPACE when a bank is needed that is not given
 */
export function spaceOf(
  config: { degradation: z.output<typeof degradation> },
  banks?: BankInfos,
): DegradationSpace {
  const { space: keys, jpegBackend } = config.degradation;
  const { name } = keys;
  const overrides = {
    ...overridesOf(keys),
    ...(jpegBackend === null ? {} : { jpegBackend }),
    ...(name === 'realsr' ? banks : {}),
  };
  if (name === 'real-esrgan') return defineSpace(overrides as Overrides<object>);
  return defineSpace(name, overrides as Overrides<object>);
}
