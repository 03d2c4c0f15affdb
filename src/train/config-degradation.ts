import { z } from 'zod';

const probability = z.number().min(0).max(1);

/** [low, high] of a uniform draw. */
const range = (low: number, high: number) =>
  z
    .tuple([z.number().min(low).max(high), z.number().min(low).max(high)])
    .refine(([a, b]) => a <= b, 'the first number must not be greater than the second');

/** Weights of a choice; they need not sum to 1. */
const weights = <K extends string>(defaults: Record<K, number>) =>
  z
    .strictObject(
      Object.fromEntries(
        Object.entries<number>(defaults).map(([name, value]) => [
          name,
          z.number().min(0).max(1e6).default(value),
        ]),
      ) as Record<K, z.ZodDefault<z.ZodNumber>>,
    )
    .refine(
      (all) => Object.values<number>(all as Record<string, number>).some((w) => w > 0),
      'one of the weights must be greater than 0',
    )
    .prefault({} as never);

interface StageDefaults {
  sigma: [number, number];
  resize: { up: number; down: number; keep: number };
  resizeScale: [number, number];
  noiseSigma: [number, number];
  poissonScale: [number, number];
  blurProbability: number;
}

/** One of the two orders. Defaults and meaning: Real-ESRGAN (arXiv 2107.10833) and its configurations. */
const stage = (d: StageDefaults) =>
  z.strictObject({
    blurProbability: probability.default(d.blurProbability).describe('that the stage blurs at all'),
    kernels: weights({
      iso: 0.45,
      aniso: 0.25,
      generalizedIso: 0.12,
      generalizedAniso: 0.03,
      plateauIso: 0.12,
      plateauAniso: 0.03,
    }).describe('weights of the kernel families'),
    sincProbability: probability.default(0.1).describe('of a sinc instead of one of the families'),
    sigma: range(0.01, 50).default(d.sigma).describe('width of the blur, in pixels'),
    betaGeneralized: range(0.01, 50).default([0.5, 4]).describe('shape of generalized kernels'),
    betaPlateau: range(0.01, 50).default([1, 2]).describe('shape of plateau kernels'),
    resize: weights(d.resize).describe('weights of the direction of the resize'),
    resizeScale: range(0.05, 16)
      .default(d.resizeScale)
      .describe('scale; down draws from [low, 1], up from [1, high]'),
    gaussianProbability: probability.default(0.5).describe('of Gaussian noise; else Poisson'),
    noiseSigma: range(0, 255).default(d.noiseSigma).describe('Gaussian noise, 8-bit units'),
    poissonScale: range(0, 100).default(d.poissonScale).describe('scale of Poisson noise'),
    grayProbability: probability.default(0.4).describe('of the same noise in all channels'),
    jpegQuality: range(1, 100).default([30, 95]).describe('JPEG quality, real numbers'),
  });

const space = z.strictObject({
  stage1: stage({
    blurProbability: 1,
    sigma: [0.2, 3],
    resize: { up: 0.2, down: 0.7, keep: 0.1 },
    resizeScale: [0.15, 1.5],
    noiseSigma: [1, 30],
    poissonScale: [0.05, 3],
  })
    .prefault({})
    .describe('first order'),
  stage2: stage({
    blurProbability: 0.8,
    sigma: [0.2, 1.5],
    resize: { up: 0.3, down: 0.4, keep: 0.3 },
    resizeScale: [0.3, 1.2],
    noiseSigma: [1, 25],
    poissonScale: [0.05, 2.5],
  })
    .prefault({})
    .describe('second order'),
  finalSincProbability: probability.default(0.8).describe('of the last low-pass filter'),
  jpegFirstProbability: probability
    .default(0.5)
    .describe('that the second JPEG comes before the last resize and filter'),
});

export const degradation = z.strictObject({
  space: space
    .prefault({})
    .describe('ranges and probabilities; the defaults are those of Real-ESRGAN'),
  jpegBackend: z
    .enum(['diffjpeg', 'libjpeg'])
    .default('diffjpeg')
    .describe("JPEG as the reference's DiffJPEG or as a real encoder"),
  usm: z
    .boolean()
    .default(false)
    .describe('sharpen gt first; the sharpened gt is also the target, which distorts PSNR'),
  compat: z
    .enum(['none', 'real-esrgan'])
    .default('none')
    .describe('real-esrgan draws per batch what the reference draws per batch'),
});
