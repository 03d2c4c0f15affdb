/** Every key of a study, its default and its meaning. */
import { z } from 'zod';
import { sampleSets } from '../data/samples/sets.ts';
import type { SchemaNode } from '../train/config-json-schema.ts';
import { path } from '../train/config-path.ts';

const count = (low = 1) => z.int().min(low);
const seed = z.int().min(0).max(0xffff_ffff);

/** Keys of a training configuration; they are checked where they are merged into one. */
const keys = z.record(z.string(), z.unknown());

const photographs = z.union([
  path,
  z.strictObject({
    samples: z
      .enum(sampleSets)
      .describe('set of `data fetch-samples`, its photographs of this role'),
  }),
]);

const images = z.strictObject({
  train: photographs.describe('photographs to train on: a folder, or {samples: SET}'),
  heldOut: photographs.describe('photographs that the runs are scored on, none of them trained on'),
  validation: photographs
    .nullable()
    .default(null)
    .describe('photographs for the probes; null sets aside a part of images.train'),
});

const start = z.strictObject({
  steps: count().optional().describe('steps of the run that makes the checkpoint'),
  balance: keys.optional().describe('its keys of balance; natural sampling when there are none'),
  seed: seed.optional().describe('its seed; 0 when there is none'),
  weights: path.optional().describe('a file of weights, in place of such a run'),
});

const measure = z.strictObject({
  specialistSteps: count(10).default(400).describe('steps of the specialist of each task'),
  acceptance: z
    .strictObject({
      steps: count(10).describe('steps of the acceptance network of each task'),
      network: keys.optional().describe('keys of its network, merged into that of base'),
    })
    .nullable()
    .default(null)
    .describe('small networks, one a task, that mark what is acceptable'),
  groups: z
    .strictObject({
      recipes: count().default(200).describe('fixed recipes'),
      steps: count().default(100).describe('steps on each of them'),
      jointSteps: count().default(1000).describe('steps on the flagged ones together, each round'),
    })
    .nullable()
    .default(null)
    .describe('groups of fixed recipes, for rules that need them'),
});

const test = z.strictObject({
  crop: count(16).max(4096).default(224).describe('side of the gt crops'),
  samples: count().max(100_000).default(96).describe('images of each task'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 53 - 1)
    .default(0)
    .describe('of crops and degradations'),
});

export const studySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/)
    .describe('name of the study: letters, digits, dot, dash and underscore'),
  base: path.describe('configuration that all runs share, a file of `evensr train`'),
  images: images.describe('photographs'),
  start: z
    .union([z.literal('none'), start])
    .default('none')
    .describe(
      'where every run begins: none (at random, by its seed), {steps: N}, or {weights: FILE}',
    ),
  arms: z.record(z.string(), keys).describe('what is compared: name -> keys that differ from base'),
  baseline: z
    .string()
    .nullable()
    .default(null)
    .describe('arm that the others are compared with; null takes the one with the natural rule'),
  seeds: z.array(seed).min(1).describe('every arm is trained once with each'),
  budgets: z.array(count()).min(1).describe('training steps; every arm is trained once for each'),
  measure: measure
    .nullable()
    .default(null)
    .describe('what is measured of the start: specialists of each task, for rules that need them'),
  test: test.prefault({}).describe('what the runs are scored on'),
  resamples: count(100).max(1_000_000).default(2000).describe('resamples of the bootstrap'),
});

export type StudyConfig = z.output<typeof studySchema>;
export type Photographs = z.output<typeof photographs>;

/** The same as JSON Schema, for messages. */
export const studyJsonSchema: SchemaNode = z.toJSONSchema(studySchema, {
  io: 'input',
}) as SchemaNode;
