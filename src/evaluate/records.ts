/**
 * recipes.jsonl: one line for each pair that `evensr degrade` wrote, with all that is needed to make
 * the same pair again from the same photograph.
 */
import { z } from 'zod';
import { packRecipes } from '../degradation/pack.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { sideWithMargin } from './frozen.ts';
import { recipe } from './recipe-schema.ts';

const position = z.int().min(0);
const coordinate = position.max(2 ** 20);
const side = z
  .int()
  .min(1)
  .max(2 ** 15);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const record = z.strictObject({
  /** Name of the pair's files below gt/ and lq/. */
  file: z.string().regex(/^[A-Za-z0-9._-]{1,200}\.png$/),
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
  /** Of the pixels: uint8 RGB, HWC. */
  pixels: z.strictObject({ gt: sha256, lq: sha256 }),
});

export type PairRecord = z.infer<typeof record>;

function invalid(source: string, line: number, reason: string): never {
  throw new EvensrError('E_RECIPES', exitCodes.usage, `${source}:${line}: ${reason}`, {
    hint: 'give a recipes.jsonl that evensr degrade wrote',
  });
}

/** What the degradation would refuse about a record, before anything is written. */
function problemOf({ recipe: drawn, gt }: PairRecord): string | undefined {
  try {
    const whole = sideWithMargin(gt.size, gt.margin, drawn.scale);
    native.checkRecipe(packRecipes([drawn]), whole);
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'E_RECIPE' || code === 'E_SHAPE') return message;
    throw error;
  }
}

/** Reads recipes.jsonl; `source` is what messages call it. Throws E_RECIPES naming the line. */
export function parseRecords(text: string, source: string): PairRecord[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const seen = new Set<string>();
  return lines.map((line, index) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return invalid(source, index + 1, 'is no JSON');
    }
    const parsed = record.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return invalid(source, index + 1, `${issue?.path.join('.')}: ${issue?.message}`);
    }
    const problem = problemOf(parsed.data);
    if (problem) invalid(source, index + 1, problem);
    const { file } = parsed.data;
    if (seen.has(file)) invalid(source, index + 1, `names ${file} a second time`);
    seen.add(file);
    return parsed.data;
  });
}

/** The text of recipes.jsonl. */
export function formatRecords(records: readonly PairRecord[]): string {
  return records.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
