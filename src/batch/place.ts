/** Where a result goes, and giving it its name there. */
import type { BigIntStats } from 'node:fs';
import type { PictureInfo, WrittenFormat } from '../image/picture.ts';
import { type ByteName, splitName } from './byte-name.ts';
import { outputIdentity, whyKept } from './decide.ts';
import { whyNot } from './format.ts';
import { ItemRefused } from './item-error.ts';
import type { Entry } from './journal-line.ts';
import type { OpenFolder, OutputTree } from './output-tree.ts';
import type { PlannedItem } from './plan.ts';

export interface Target {
  name: ByteName;
  format: WrittenFormat;
  /** What is to be said when it is not the planned format. */
  note: string | undefined;
}

/** The planned output, or PNG where that cannot hold the result. Throws ItemRefused (E_LIMIT). */
export function targetOf(item: PlannedItem, result: PictureInfo): Target {
  const reason = whyNot(item.format, result);
  if (reason === undefined) return { name: item.output, format: item.format, note: undefined };
  const shape = `${result.width}x${result.height}`;
  if (item.format === 'png') throw new ItemRefused('E_LIMIT', `${shape}: ${reason}`);
  if (item.fallback === undefined)
    throw new ItemRefused('E_LIMIT', `${shape}: ${reason}, and its name as PNG is taken (--name)`);
  const note = `written as PNG: ${reason}`;
  return { name: item.fallback, format: 'png', note };
}

/** What decides whether a file that has the name may be replaced. */
export interface Claim {
  /** The output as it was found when it was ours. */
  known: Entry | undefined;
  overwrite: boolean;
  /** Of the open input, which is never replaced. */
  input: BigIntStats;
}

function checkName(folder: OpenFolder, base: ByteName, claim: Claim): 'free' | 'replaceable' {
  const there = folder.look(base);
  if (!there) return 'free';
  const { input, known, overwrite } = claim;
  if (there.dev === input.dev && there.ino === input.ino)
    throw new ItemRefused('E_PATH', 'the output would replace its own input');
  if (there.isFile() && known !== undefined && outputIdentity(there) === known.output)
    return 'replaceable';
  const kept = whyKept(there, false, overwrite);
  if (kept) throw new ItemRefused(kept.code, kept.reason);
  return 'replaceable';
}

function inFolderOf(
  tree: OutputTree,
  name: ByteName,
  work: (folder: OpenFolder, base: ByteName) => void,
) {
  const { folder: above, base } = splitName(name);
  const folder = tree.folder(above, 'make');
  try {
    work(folder, base);
  } finally {
    folder.close();
  }
}

/** Looks at the place of an output before long work is put into it. Throws ItemRefused, E_PATH, E_DISK. */
export function checkPlace(tree: OutputTree, name: ByteName, claim: Claim): void {
  inFolderOf(tree, name, (folder, base) => checkName(folder, base, claim));
}

/** Gives a finished file its name, durably, where no file of somebody else is replaced. Throws as checkPlace. */
export function giveName(
  tree: OutputTree,
  from: { folder: OpenFolder; temporary: ByteName },
  name: ByteName,
  claim: Claim,
): void {
  inFolderOf(tree, name, (folder, base) => {
    if (checkName(folder, base, claim) === 'replaceable')
      folder.replace(from.folder, from.temporary, base);
    else if (!folder.place(from.folder, from.temporary, base))
      throw new ItemRefused('E_EXISTS', 'the output appeared meanwhile (--overwrite replaces it)');
    folder.sync();
  });
}
