/** A recipe as it stands in recipes.jsonl. Ranges are the addon's business (checkRecipe). */
import { z } from 'zod';
import { mostOperations } from '../degradation/pack.ts';
import {
  jpegBackends,
  kernelTypes,
  noiseChannels,
  noiseTypes,
  type Operation,
  type Recipe,
  resizeModes,
  sizesOf,
  subsamplings,
} from '../degradation/recipe.ts';

const word = z.int().min(0).max(0xffff_ffff);
const seedWords = z.tuple([word, word]);
const number = z.number();
const stage = z.int().min(1).max(8);

const operation = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('blur'),
    stage,
    kernel: z.enum(kernelTypes),
    kernelSize: number,
    sigmaX: number,
    sigmaY: number,
    theta: number,
    beta: number,
    omega: number,
    shift: number,
    index: number,
  }),
  z.strictObject({
    op: z.literal('resize'),
    stage,
    mode: z.enum(resizeModes),
    of: z.enum(sizesOf),
    factor: number,
  }),
  z.strictObject({
    op: z.literal('noise'),
    stage,
    type: z.enum(noiseTypes),
    level: number,
    channels: z.enum(noiseChannels),
    mix: z.tuple([number, number, number, number, number, number]),
    vals: number,
  }),
  z.strictObject({
    op: z.literal('isp'),
    stage,
    gain: number,
    red: number,
    blue: number,
    weights: z.tuple([number, number, number, number]),
    shot: number,
    read: number,
  }),
  z.strictObject({ op: z.literal('inject'), stage, patch: number, top: number, left: number }),
  z.strictObject({
    op: z.literal('jpeg'),
    stage,
    quality: number,
    backend: z.enum(jpegBackends),
    subsampling: z.enum(subsamplings),
  }),
  z.strictObject({ op: z.literal('clamp'), stage }),
]) satisfies z.ZodType<Operation>;

export const recipe = z.strictObject({
  seed: seedWords,
  graySeed: seedWords,
  scale: number,
  operations: z.array(operation).max(mostOperations),
}) satisfies z.ZodType<Recipe>;
