/** What a grouping has found so far, line by line, so that a killed one goes on where it was. */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { onDisk } from '../../data/durable.ts';
import { readRegularFile } from '../../data/regular-file.ts';
import { native } from '../../native.ts';
import { appendLine } from '../../report/journal.ts';

const number = z.int().min(0);
const known = z.number().nullable();

const head = z.strictObject({ key: z.string() });
const entry = z.union([
  z.strictObject({ recipe: number, indicator: known }),
  z.strictObject({ recipes: z.array(number), gains: z.array(known) }),
]);
type Entry = z.infer<typeof entry>;

function parsed<Schema extends z.ZodType>(line: string | undefined, schema: Schema) {
  try {
    return schema.safeParse(JSON.parse(line ?? '')).data;
  } catch {
    return undefined;
  }
}

/** The lines of a file up to the first that is torn or damaged. */
async function linesOf(file: string): Promise<string[]> {
  const text = await readRegularFile(file).then(String, () => '');
  return text.split('\n').slice(0, -1);
}

/** Indicators of recipes and gains of rounds, kept on disk as they come. */
export class GroupJournal {
  readonly #file: string;
  readonly #indicators = new Map<number, number | null>();
  readonly #gains = new Map<string, readonly (number | null)[]>();

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Takes up what a file holds that was begun with the same key, or begins it anew.
   * @throws E_DISK
   */
  static async open(file: string, key: string): Promise<GroupJournal> {
    const journal = new GroupJournal(file);
    const [first, ...rest] = await linesOf(file);
    const kept: string[] = [];
    if (parsed(first, head)?.key === key) {
      for (const line of rest) {
        const found = parsed(line, entry);
        if (!found) break;
        journal.#take(found);
        kept.push(line);
      }
    }
    const text = [JSON.stringify({ key }), ...kept].map((line) => `${line}\n`).join('');
    await native.writeFileDurably(file, [Buffer.from(text)]);
    return journal;
  }

  #take(found: Entry): void {
    if ('recipe' in found) this.#indicators.set(found.recipe, found.indicator);
    else this.#gains.set(found.recipes.join(), found.gains);
  }

  async #add(found: Entry): Promise<void> {
    this.#take(found);
    await onDisk(this.#file, async () => appendLine(this.#file, JSON.stringify(found)));
  }

  /** Undefined for a recipe that was not looked at yet. */
  indicator(recipe: number): number | null | undefined {
    return this.#indicators.get(recipe);
  }

  addIndicator(recipe: number, indicator: number | null): Promise<void> {
    return this.#add({ recipe, indicator });
  }

  /** What joint training on these recipes gained on each of them. */
  gains(recipes: readonly number[]): readonly (number | null)[] | undefined {
    return this.#gains.get(recipes.join());
  }

  addGains(recipes: readonly number[], gains: readonly (number | null)[]): Promise<void> {
    return this.#add({ recipes: [...recipes], gains: [...gains] });
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
