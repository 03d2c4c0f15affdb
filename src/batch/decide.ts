/** What is to be done about a picture, from what the journal and the disk say; no picture is read. */

import type { BigIntStats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type ByteName, splitName } from './byte-name.ts';
import { failureOf } from './item-error.ts';
import type { Journal } from './journal.ts';
import type { Entry } from './journal-line.ts';
import type { OpenFolder, OutputTree } from './output-tree.ts';
import type { PlannedItem } from './plan.ts';
import { type Settings, settingsChange } from './settings.ts';

export type Decision =
  | { kind: 'unchanged' }
  | { kind: 'refused'; code: string; reason: string }
  | {
      kind: 'work';
      /** Why it is done, or done again. */
      reason: string;
      /** What the output is now, when it is ours. */
      known: Entry | undefined;
      /** Nothing is to be done when the bytes of the input are still those of `known`. */
      sameIfBytesAre: boolean;
    };

/** Size and time of an output: changed by whoever changes the file. */
export function outputIdentity({ size, mtimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}`;
}

/** What tells that an input is still the same, without reading it. */
export function inputIdentity({ photo }: PlannedItem): string {
  return `${photo.fingerprint}:${photo.inode}`;
}

/** The name under which an output of this item is on the disk. */
function nameOf({ output, fallback }: PlannedItem, { png }: Entry): ByteName | undefined {
  return png ? fallback : output;
}

const work = (reason: string, known?: Entry, sameIfBytesAre = false): Decision => ({
  kind: 'work',
  reason,
  known,
  sameIfBytesAre,
});

function refuse({ code, reason }: { code: string; reason: string }): Decision {
  return { kind: 'refused', code, reason };
}

/** Why a file that is not ours, or not any more, may not be replaced. */
export function whyKept(
  there: BigIntStats,
  wasOurs: boolean,
  overwrite: boolean,
): { code: 'E_EXISTS' | 'E_PATH'; reason: string } | undefined {
  if (there.isSymbolicLink())
    return { code: 'E_PATH', reason: 'the output is a link, which is never followed' };
  if (!there.isFile()) return { code: 'E_EXISTS', reason: 'the output is there and no file' };
  if (overwrite) return undefined;
  const reason = wasOurs
    ? 'the output was changed since evensr wrote it (--overwrite replaces it)'
    : 'the output is there and not of this batch (--overwrite replaces it)';
  return { code: 'E_EXISTS', reason };
}

export interface DecideOptions {
  journal: Journal;
  settings: Settings;
  overwrite: boolean;
}

function decideOne(
  item: PlannedItem,
  folder: OpenFolder | undefined,
  { journal, settings, overwrite }: DecideOptions,
): Decision {
  const candidates = journal.candidates(item.output);
  const look = (name: ByteName) => folder?.look(splitName(name).base);
  const isThere = (entry: Entry) => {
    const name = nameOf(item, entry);
    const there = name === undefined ? undefined : look(name);
    return there?.isFile() === true && outputIdentity(there) === entry.output;
  };
  const known = candidates.find(isThere);
  if (!known) {
    const last = candidates.at(-1);
    const there = look((last && nameOf(item, last)) ?? item.output);
    if (!there) return work(last ? 'the output is gone' : 'new');
    const kept = whyKept(there, last !== undefined, overwrite);
    if (kept) return refuse(kept);
    return work(last ? 'the output was changed' : 'replaces a file that was there');
  }
  if (candidates.length > 1) journal.update(item.output, known);
  const then = journal.settings(known.with);
  const dependence = { format: known.png ? 'png' : item.format, hasAlpha: known.alpha } as const;
  const change = then ? settingsChange(then, settings, dependence) : 'settings are not known';
  if (change !== undefined) return work(change, known);
  if (known.input === inputIdentity(item)) return { kind: 'unchanged' };
  return work('the input changed', known, true);
}

/** How many are looked at before other work gets its turn. */
const lookedAtOnce = 256;

/** Keeps the folder of the last item open, as items come folder by folder. */
class LastFolder {
  readonly #tree: OutputTree | undefined;
  #name: ByteName | undefined;
  #folder: OpenFolder | undefined;

  constructor(tree: OutputTree | undefined) {
    this.#tree = tree;
  }

  /** Nothing when it is not there. Throws E_PATH, and what the file system says. */
  of(output: ByteName): OpenFolder | undefined {
    const { folder } = splitName(output);
    if (folder === this.#name) return this.#folder;
    this.close();
    this.#folder = this.#tree?.folder(folder, 'leave');
    this.#name = folder;
    return this.#folder;
  }

  close(): void {
    this.#folder?.close();
    this.#folder = undefined;
    this.#name = undefined;
  }
}

/** Decides about all items, in their order; `tell` gets each. What cannot be looked at is refused. */
export async function decideAll(
  items: readonly PlannedItem[],
  tree: OutputTree | undefined,
  options: DecideOptions,
  tell: (item: PlannedItem, decision: Decision) => void,
): Promise<void> {
  const folder = new LastFolder(tree);
  const decide = (item: PlannedItem): Decision => {
    try {
      return decideOne(item, folder.of(item.output), options);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.isDisk || failure.stack !== undefined) throw error;
      return refuse(failure);
    }
  };
  try {
    for (const [index, item] of items.entries()) {
      if (index % lookedAtOnce === 0) await setImmediate();
      tell(item, decide(item));
    }
  } finally {
    folder.close();
  }
}
