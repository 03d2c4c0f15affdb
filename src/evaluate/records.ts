/**
 * recipes.jsonl: one line for each pair that `evensr degrade` wrote, with all that is needed to make
 * the same pair and the same files again from the same photograph.
 */
import { z } from 'zod';
import { encodingSchema, lossySchema } from '../dataset/encoding.ts';
import { keyPattern, tarPattern } from '../dataset/key.ts';
import { packRecipes } from '../degradation/pack.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import { sideWithMargin } from './frozen.ts';
import { recipe } from './recipe-schema.ts';

const position = z.int().min(0);
const coordinate = position.max(2 ** 20);
const side = z
  .int()
  .min(1)
  .max(2 ** 15);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Rises when a line means something else, or has other fields. */
export const recordVersion = 1;

const record = z.strictObject({
  version: z.literal(recordVersion),
  /** Names the pair's files: gt/KEY.png and lq/KEY.png, or KEY.gt.png and KEY.lq.png in an archive. */
  key: z.string().regex(keyPattern),
  /** The archive that holds them, where there is one. */
  tar: z.string().regex(tarPattern).optional(),
  files: z.strictObject({ gt: encodingSchema, lq: encodingSchema }),
  photo: z.string(),
  /** Of the photograph's file. */
  photoSha256: sha256,
  /** Task, or `natural` for a draw from the whole space. */
  task: z.string(),
  seed: position,
  /** Where gt lies in the photograph; `margin` lq pixels around it were degraded with it. */
  gt: z.strictObject({
    top: coordinate,
    left: coordinate,
    size: side,
    margin: z.int().min(0).max(1024),
  }),
  usm: z.boolean(),
  recipe,
  /** The real encoder that lq went through last. */
  encoded: lossySchema.optional(),
  /** Of the pixels before their files are encoded: uint8 RGB, HWC. */
  pixels: z.strictObject({ gt: sha256, lq: sha256 }),
});

export type PairRecord = z.infer<typeof record>;

function invalid(source: string, line: number, reason: string): never {
  throw new EvensrError('E_RECIPES', exitCodes.usage, `${source}:${line}: ${reason}`, {
    hint: 'give a recipes.jsonl that evensr degrade wrote',
  });
}

/** What a recipe refers to and is not at hand. */
function missingBank({ recipe: { operations } }: PairRecord, banks: Banks): string | undefined {
  const estimated = operations.some((one) => one.op === 'blur' && one.kernel === 'bank');
  const real = operations.some(({ op }) => op === 'inject');
  if (estimated && !banks.kernels) return 'estimated kernels';
  return real && !banks.patches ? 'a noise bank' : undefined;
}

/** What the degradation would refuse about a record, before anything is written. */
function problemOf(entry: PairRecord, banks: Banks): string | undefined {
  const { recipe: drawn, gt, usm } = entry;
  const missing = missingBank(entry, banks);
  if (missing) return `its recipe needs ${missing}; --config names a configuration that has them`;
  try {
    const whole = sideWithMargin(gt.size, gt.margin, drawn.scale);
    native.checkRecipe(packRecipes([drawn]), whole, { usm, threads: 1, ...banks });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'E_RECIPE' || code === 'E_SHAPE') return message;
    throw error;
  }
}

function jsonOf(text: string, source: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalid(source, line, 'is no JSON');
  }
}

function checkVersion(value: unknown, source: string, line: number): void {
  const version = (value as { version?: unknown } | null)?.version;
  if (version === recordVersion) return;
  const found =
    version === undefined ? 'has no version' : `is of version ${JSON.stringify(version)}`;
  invalid(source, line, `${found}, this evensr reads version ${recordVersion}`);
}

/**
 * A line of recipes.jsonl, whose recipe may refer to the banks; `source` is what messages call the file.
 * Throws E_RECIPES naming the line.
 */
export function parseRecord(
  text: string,
  { source, line, banks }: { source: string; line: number; banks: Banks },
): PairRecord {
  const value = jsonOf(text, source, line);
  checkVersion(value, source, line);
  const parsed = record.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return invalid(source, line, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const problem = problemOf(parsed.data, banks);
  if (problem) invalid(source, line, problem);
  return parsed.data;
}

const place = record.pick({ version: true, key: true, tar: true, files: true });
export type RecordPlace = z.infer<typeof place>;

/** What follows the fields that say where files are, in the order in which they are written. */
const afterPlace = ',"photo":';

/**
 * Where a line says that its files are; nothing for what is no whole line of this version. Only that part of
 * it is parsed: millions of lines are looked at before a set goes on.
 */
export function placeOfRecord(text: string): RecordPlace | undefined {
  const end = text.indexOf(afterPlace);
  if (end < 0 || !text.endsWith('}') || text.includes('\0')) return undefined;
  try {
    return place.safeParse(JSON.parse(`${text.slice(0, end)}}`)).data;
  } catch {
    return undefined;
  }
}

export function formatRecord(entry: PairRecord): string {
  return JSON.stringify(entry);
}
