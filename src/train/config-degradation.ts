import { z } from 'zod';
import {
  type DegradationSpace,
  defineSpace,
  type FinalSpace,
  realEsrganSpace,
  type StageSpace,
} from '../degradation/space.ts';
import { spaceLimits, sumTolerance } from '../degradation/space-check.ts';

const probability = z.number().min(0).max(1);

/** [low, high] of a uniform draw. */
const range = ([low, high]: readonly [number, number]) =>
  z
    .tuple([z.number().min(low).max(high), z.number().min(low).max(high)])
    .refine(([a, b]) => a <= b, 'the first number must not be greater than the second');

/** A range that is drawn in two halves, [low, 1] and [1, high]. */
const rangeAroundOne = (limits: readonly [number, number]) =>
  range(limits).refine(([a, b]) => a <= 1 && b >= 1, 'must hold 1, where both halves meet');

const kernelSizes = z
  .array(z.int().min(spaceLimits.kernelSize[0]).max(spaceLimits.kernelSize[1]))
  .min(1)
  .max(10)
  .refine((sizes) => sizes.every((size) => size % 2 === 1), 'every size must be odd');

/** Probabilities of alternatives; those that are not written keep their defaults. */
function probabilities<Name extends string>(defaults: Readonly<Record<Name, number>>) {
  const entries = Object.entries<number>(defaults);
  const shape = Object.fromEntries(
    entries.map(([name, value]) => [name, probability.default(value)]),
  ) as Record<Name, z.ZodDefault<z.ZodNumber>>;
  return z
    .strictObject(shape)
    .superRefine((all, context) => {
      const sum = Object.values<number>(all as Record<string, number>).reduce((a, b) => a + b, 0);
      if (Math.abs(sum - 1) <= sumTolerance) return;
      const message = `the probabilities must sum to 1, not ${Number(sum.toPrecision(6))}`;
      context.addIssue({ code: 'custom', message });
    })
    .prefault({} as never);
}

type Pair = [number, number];
const pair = (value: readonly [number, number]): Pair => [value[0], value[1]];

const stage = (d: StageSpace) =>
  z.strictObject({
    blurProbability: probability.default(d.blurProbability).describe('that the stage blurs at all'),
    sincProbability: probability
      .default(d.sincProbability)
      .describe('that a blur is a sinc low-pass; else kernelProbabilities decide'),
    kernelProbabilities: probabilities(d.kernelProbabilities).describe('blur kernels'),
    kernelSizes: kernelSizes
      .default([...d.kernelSizes])
      .describe('sides of the kernels, odd, equally likely'),
    blurSigma: range(spaceLimits.blurSigma)
      .default(pair(d.blurSigma))
      .describe('width of the blur, in pixels'),
    betaG: rangeAroundOne(spaceLimits.betaG)
      .default(pair(d.betaG))
      .describe('shape of generalized kernels'),
    betaP: rangeAroundOne(spaceLimits.betaP)
      .default(pair(d.betaP))
      .describe('shape of plateau kernels'),
    resizeProbabilities: probabilities(d.resizeProbabilities).describe('direction of the resize'),
    resizeScale: range(spaceLimits.resizeScale)
      .default(pair(d.resizeScale))
      .describe('scale: down draws from [low, 1], up from [1, high]'),
    resizeModeProbabilities: probabilities(d.resizeModeProbabilities).describe('how it is resized'),
    noiseProbabilities: probabilities(d.noiseProbabilities).describe('kind of noise'),
    gaussianSigma: range(spaceLimits.gaussianSigma)
      .default(pair(d.gaussianSigma))
      .describe('deviation of Gaussian noise, in 8-bit units'),
    poissonScale: range(spaceLimits.poissonScale)
      .default(pair(d.poissonScale))
      .describe('scale of Poisson noise'),
    grayNoiseProbability: probability
      .default(d.grayNoiseProbability)
      .describe('that the noise is the same in all channels'),
    jpegProbability: probability.default(d.jpegProbability).describe('that the stage compresses'),
    jpegQuality: range(spaceLimits.jpegQuality)
      .default(pair(d.jpegQuality))
      .describe('JPEG quality, real numbers'),
  });

const final = (d: FinalSpace) =>
  z.strictObject({
    sincProbability: probability.default(d.sincProbability).describe('of the last low-pass'),
    kernelSizes: kernelSizes.default([...d.kernelSizes]).describe('sides of its kernel'),
    sincOmega: range(spaceLimits.sincOmega)
      .default(pair(d.sincOmega))
      .describe('its cutoff, in radians per pixel'),
    resizeModeProbabilities: probabilities(d.resizeModeProbabilities).describe(
      'how the image is resized to the lq size',
    ),
    jpegFirstProbability: probability
      .default(d.jpegFirstProbability)
      .describe('that the second JPEG comes before the last resize and low-pass'),
  });

const [first, second] = realEsrganSpace.stages;

const space = z.strictObject({
  stage1: stage(first).prefault({}).describe('first order: blur, resize, noise, JPEG'),
  stage2: stage(second).prefault({}).describe('second order'),
  final: final(realEsrganSpace.final).prefault({}).describe('resize to the lq size and low-pass'),
});

/** Most of what a crop's borders reach: the final low-pass has a radius of at most 10 lq pixels. */
export const defaultMargin = 8;

/** Keys under `degradation`. The defaults are Real-ESRGAN's, from src/degradation/space.ts. */
export const degradation = z.strictObject({
  space: space.prefault({}).describe('ranges and probabilities; the defaults are Real-ESRGAN'),
  jpegBackend: z
    .enum(['diffjpeg', 'libjpeg'])
    .default(realEsrganSpace.jpegBackend)
    .describe("JPEG as the reference's DiffJPEG, or as a real encoder writes it"),
  usm: z
    .boolean()
    .default(false)
    .describe('sharpen gt first; the sharpened gt is also the target, which distorts PSNR'),
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
    .describe('real-esrgan draws once a batch what the reference draws once a batch'),
});

/** The degradation space that a configuration describes. */
export function spaceOf(config: { degradation: z.output<typeof degradation> }): DegradationSpace {
  const { space: keys, jpegBackend } = config.degradation;
  return defineSpace({ stages: [keys.stage1, keys.stage2], final: keys.final, jpegBackend });
}
