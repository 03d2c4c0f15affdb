/** The file that `tasks group` writes and `balance.groups` names: fixed recipes, and which belong together. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readRegularFile } from '../../data/regular-file.ts';
import { packRecipes } from '../../degradation/pack.ts';
import type { Recipe } from '../../degradation/recipe.ts';
import type { DegradationSpace } from '../../degradation/space.ts';
import { EvensrError, exitCodes } from '../../errors.ts';
import { recipe as recipeSchema } from '../../evaluate/recipe-schema.ts';
import { native } from '../../native.ts';
import { isMapping } from '../config-yaml.ts';
import type { Banks } from '../open-space.ts';

const count = z.int().min(0);
const gain = z.number().nullable();

/** What a grouping is made with; with the checkpoint and the photographs it decides everything. */
export const groupSettings = z.strictObject({
  seed: count,
  /** Fixed recipes, steps on each of them, and the last of these, whose losses are compared. */
  recipes: z.int().min(1),
  steps: z.int().min(1),
  window: z.int().min(1),
  /** Share of the recipes that is flagged: those that improve most. */
  flag: z.number().gt(0).max(1),
  jointSteps: z.int().min(1),
  /** dB, falling. */
  thresholds: z.array(z.number()).min(1),
  /** Crops of validation photographs on which a recipe's PSNR is measured. */
  crops: z.int().min(1),
  learningRate: z.number().gt(0),
});
export type GroupSettings = z.infer<typeof groupSettings>;

const content = z.strictObject({
  version: z.literal(1),
  evensr: z.string(),
  /** Identifies settings, starting point, configuration and photographs. */
  key: z.string(),
  scale: z.int().min(1),
  space: z.strictObject({ name: z.string(), sha256: z.string() }),
  checkpoint: z.strictObject({ name: z.string(), step: count }),
  settings: groupSettings,
  recipes: z.array(
    z.strictObject({
      /** Of the grid, when the file was made. */
      task: z.string(),
      /** Loss after fine-tuning over the loss before it; null when it is not known. */
      indicator: z.number().nullable(),
      /** In dB before any fine-tuning; of flagged ones. */
      psnr: gain,
      recipe: recipeSchema as z.ZodType<Recipe>,
    }),
  ),
  /** Numbers of the recipes that improve most. */
  flagged: z.array(count),
  /** What each round trained on, what that gained in dB, and which are above the threshold. */
  rounds: z.array(
    z.strictObject({
      threshold: z.number(),
      recipes: z.array(count),
      gains: z.array(gain),
      group: z.array(count),
    }),
  ),
});
export type GroupsContent = z.infer<typeof content>;

const fileSchema = z.strictObject({ sha256: z.string(), content });

const sorted = (_: string, value: unknown): unknown =>
  isMapping(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const sha256Of = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');

/** Identifies a space, whatever the size of the crops: pieces of real noise are cut anew for each sample. */
export function spaceId(space: DegradationSpace): string {
  if (space.name !== 'realsr' || !space.noiseBank) return sha256Of(space);
  const { window: _, ...noiseBank } = space.noiseBank;
  return sha256Of({ ...space, noiseBank });
}

/** As it stands on disk. A change of any byte that matters is found when it is read. */
export function groupsText(groups: GroupsContent): string {
  return `${JSON.stringify({ sha256: sha256Of(groups), content: groups })}\n`;
}

function refuse(
  file: string,
  reason: string,
  hint = 'make it with: evensr tasks group RUN',
): never {
  throw new EvensrError('E_GROUPS', exitCodes.usage, `${file}: ${reason}`, { hint });
}

/** @throws E_GROUPS (exit code 2) unless it is whole and what `tasks group` wrote */
export async function readGroups(file: string): Promise<GroupsContent> {
  const bytes = await readRegularFile(file).catch((error: Error) =>
    refuse(file, `it ${error.message}`),
  );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return refuse(file, 'it is no JSON: damaged, or not written by tasks group');
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) return refuse(file, 'it was not written by tasks group of this version');
  const { sha256, content: groups } = parsed.data;
  if (sha256 !== sha256Of(groups)) return refuse(file, 'it was changed since it was written');
  return groups;
}

/** The recipes of each group that is not empty. */
export function recipesOfGroups({ rounds, recipes }: GroupsContent): Recipe[][] {
  const groups = rounds.map(({ group }) => group.map((at) => recipes[at]?.recipe));
  return groups
    .map((group) => group.filter((found) => found !== undefined))
    .filter((group) => group.length > 0);
}

/** Identifies what a run trains on. */
export const groupsId = (groups: readonly (readonly Recipe[])[]): string => sha256Of(groups);

export interface GroupsUse {
  space: DegradationSpace;
  scale: number;
  /** Side of the gt crop with its margin. */
  side: number;
  usm: boolean;
  banks: Banks;
  /** What is made of a recipe before it is used. */
  prepared(recipe: Recipe): Recipe;
}

/**
 * The groups of a file, for one that is to be trained with.
 * @throws E_GROUPS when it is of another space or scale, holds no group, or a recipe does not fit the crops
 */
export async function usableGroups(file: string, use: GroupsUse): Promise<Recipe[][]> {
  const groups = await readGroups(file);
  const { name, sha256 } = groups.space;
  if (groups.scale !== use.scale) {
    refuse(file, `its recipes are of scale ${groups.scale}, the run's scale is ${use.scale}`);
  }
  if (sha256 !== spaceId(use.space)) {
    const own =
      name === use.space.name
        ? 'with other ranges, probabilities or banks'
        : `not ${use.space.name}`;
    refuse(file, `its recipes are of the space ${name}, ${own}`);
  }
  const found = recipesOfGroups(groups);
  if (found.length === 0) {
    refuse(file, 'it holds no group', 'lower --thresholds, or raise --joint-steps, of tasks group');
  }
  for (const one of found.flat()) requireFits(file, use.prepared(one), use);
  return found;
}

function requireFits(file: string, one: Recipe, { side, usm, banks }: GroupsUse): void {
  try {
    native.checkRecipe(packRecipes([one]), side, { usm, threads: 1, ...banks });
  } catch (error) {
    refuse(file, `a recipe does not fit gt crops of ${side} pixels: ${(error as Error).message}`);
  }
}
