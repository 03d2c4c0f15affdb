/** The keys of the degradation spaces, made from their defaults and from what each may hold. */
import { z } from 'zod';
import { type Overrides, type SpaceName, spaceDefaults, spaceNames } from '../degradation/space.ts';
import { type Field, fieldAt, type Limits, sumTolerance } from '../degradation/space-fields.ts';
import type { BsrganSpace } from '../degradation/spaces/bsrgan.ts';
import type { BsrganPlusSpace } from '../degradation/spaces/bsrgan-plus.ts';
import type { ClassicSpace } from '../degradation/spaces/classic.ts';
import type { FinalSpace, RealEsrganSpace, StageSpace } from '../degradation/spaces/real-esrgan.ts';
import type { RealSrSpace } from '../degradation/spaces/realsr.ts';

const probability = z.number().min(0).max(1);

/** [low, high] of a draw. */
const pair = (number: z.ZodNumber) =>
  z
    .tuple([number, number])
    .refine(([a, b]) => a <= b, 'the first number must not be greater than the second');

const within = ([low, high]: Limits) => z.number().min(low).max(high);
const wholeWithin = ([low, high]: Limits) => z.int().min(low).max(high);
const oddWithin = (limits: Limits) =>
  wholeWithin(limits).refine((size) => size % 2 === 1, 'must be odd');

const sizes = (limits: Limits) =>
  z
    .array(wholeWithin(limits))
    .min(1)
    .max(12)
    .refine((all) => all.every((size) => size % 2 === 1), 'every size must be odd');

/** Probabilities of alternatives; those that are not written keep their defaults. */
function probabilities(defaults: Readonly<Record<string, number>>): z.ZodType {
  const shape = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, probability.default(value)]),
  );
  return z
    .strictObject(shape)
    .superRefine((all, context) => {
      const sum = Object.values(all).reduce((a, b) => a + b, 0);
      if (Math.abs(sum - 1) <= sumTolerance) return;
      const message = `the probabilities must sum to 1, not ${Number(sum.toPrecision(6))}`;
      context.addIssue({ code: 'custom', message });
    })
    .prefault({});
}

/** What a field accepts, with its default in the space. */
function valueSchema(field: Field, value: unknown): z.ZodType {
  switch (field.kind) {
    case 'probability':
      return probability.default(value as number);
    case 'probabilities':
      return probabilities(value as Record<string, number>);
    case 'range':
      return pair(within(field.limits)).default(value as [number, number]);
    case 'wholeRange':
      return pair(wholeWithin(field.limits)).default(value as [number, number]);
    case 'rangeAroundOne':
      return pair(within(field.limits))
        .refine(([a, b]) => a <= 1 && b >= 1, 'must hold 1, where both halves meet')
        .default(value as [number, number]);
    case 'number':
      return within(field.limits).default(value as number);
    case 'size':
      return oddWithin(field.limits).default(value as number);
    case 'sizes':
      return sizes(field.limits).default(value as number[]);
    default:
      throw new Error(`${field.kind} is no key of the configuration`);
  }
}

type Keys = Readonly<Record<string, unknown>>;

/** Ranges are frozen in the space; the configuration's own copies are not. */
const copy = <T>(value: T): T => structuredClone(value);

function groupShape(keys: Keys, prefix: string): Record<string, z.ZodType> {
  const entries = Object.entries(keys).map(([key, value]): [string, z.ZodType] => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const field = fieldAt(path);
    if (!field) throw new Error(`${path} has no field`);
    const schema =
      field.kind === 'group'
        ? z.strictObject(groupShape(value as Keys, path)).prefault({})
        : valueSchema(field, copy(value));
    return [key, schema.describe(field.about)];
  });
  return Object.fromEntries(entries);
}

/** As the configuration writes Real-ESRGAN: stages by name. */
interface RealEsrganKeys {
  readonly name: 'real-esrgan';
  readonly stage1: StageSpace;
  readonly stage2: StageSpace;
  readonly final: FinalSpace;
}

/** What `degradation.space` holds. Banks and JPEG backend have keys of their own beside it. */
export type SpaceKeys =
  | RealEsrganKeys
  | Omit<BsrganSpace, 'jpegBackend'>
  | Omit<BsrganPlusSpace, 'jpegBackend'>
  | Omit<RealSrSpace, 'kernelBank' | 'noiseBank'>
  | ClassicSpace;

const elsewhere = new Set(['name', 'jpegBackend', 'kernelBank', 'noiseBank']);

function keysOf(name: SpaceName): Keys {
  const space = spaceDefaults[name];
  const { stages, ...others } = { stages: undefined, ...space } as Keys & {
    stages?: RealEsrganSpace['stages'];
  };
  const all = stages ? { stage1: stages[0], stage2: stages[1], ...others } : others;
  return Object.fromEntries(Object.entries(all).filter(([key]) => !elsewhere.has(key)));
}

/** What each space is, in one line. */
const summaries: Record<SpaceName, string> = {
  'real-esrgan': 'blur, resize, noise and JPEG, twice over (arXiv 2107.10833)',
  bsrgan: 'blurs, downsampling, noise and JPEG in any order (arXiv 2103.14006)',
  'bsrgan-plus': 'two rounds of blur, resize and several noises',
  realsr: 'estimated blur kernels and noise of photographs (Real-SR, CVPRW 2020)',
  classic: "MATLAB's bicubic, blur and decimation (BD), bicubic and noise (DN)",
};

const members = spaceNames.map((name) =>
  z.strictObject({
    name: z.literal(name).describe(summaries[name]),
    ...groupShape(keysOf(name), ''),
  }),
);

/** A union told apart by `name`; a plain name is expanded before it comes here. */
export const spaceSchema = z.discriminatedUnion(
  'name',
  members as [(typeof members)[number], ...typeof members],
) as unknown as z.ZodType<SpaceKeys, { name: SpaceName }>;

/** The keys as defineSpace takes them. */
export function overridesOf(keys: SpaceKeys): Overrides<object> {
  if (keys.name !== 'real-esrgan') return keys;
  const { stage1, stage2, ...others } = keys;
  return { stages: [stage1, stage2], ...others } as Overrides<object>;
}
