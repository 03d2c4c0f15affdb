/**
 * The folder of a set: what of it is done, and by whom.
 *
 *     gt/ lq/ or 000000.tar …        the pairs
 *     recipes.jsonl                  a line for each; there when the whole set is
 *     .evensr/degrade.json           what the set is (settings)
 *     .evensr/records-1-of-4.part.jsonl   lines of a shard's samples, in their order, as they are done
 *     .evensr/records-1-of-4.jsonl        all of them
 *
 * A line is written when its files are on the disk under their names, so the number of lines is the number
 * of samples that are done.
 */
import { readFileSync } from 'node:fs';
import { bytesOfText } from '../batch/byte-name.ts';
import { LineFile } from '../batch/journal-file.ts';
import type { OpenFolder, OutputTree } from '../batch/output-tree.ts';
import type { BatchState } from '../batch/state.ts';
import type { RecordPlace } from '../evaluate/records.ts';
import { extensionOf } from './encoding.ts';
import { requireSameSettings, type Settings, settingsText } from './settings.ts';

export const recordsName = bytesOfText('recipes.jsonl');
export const settingsName = bytesOfText('degrade.json');

/** Where the files of a sample are, below the set's folder. */
export function filesOf({ key, tar, files }: RecordPlace): { folder: string; name: string }[] {
  if (tar !== undefined) return [{ folder: '', name: tar }];
  return (['gt', 'lq'] as const).map((kind) => ({
    folder: kind,
    name: `${key}.${extensionOf(files[kind])}`,
  }));
}

/** The folders that files of samples lie in, opened once. Close them. */
export class SampleFolders {
  readonly #tree: OutputTree;
  readonly #open = new Map<string, OpenFolder>();
  /** The archive that was looked at last: thousands of samples are in each. */
  #archive: { tar: string; isThere: boolean } | undefined;

  constructor(tree: OutputTree) {
    this.#tree = tree;
  }

  of(name: string): OpenFolder {
    const known = this.#open.get(name);
    if (known) return known;
    const folder = this.#tree.folder(bytesOfText(name), 'make');
    this.#open.set(name, folder);
    return folder;
  }

  /** Whether all files of a sample are there. */
  hold(place: RecordPlace): boolean {
    const { tar } = place;
    if (tar !== undefined && this.#archive?.tar === tar) return this.#archive.isThere;
    const isThere = filesOf(place).every(({ folder, name }) =>
      this.of(folder).look(bytesOfText(name))?.isFile(),
    );
    if (tar !== undefined) this.#archive = { tar, isThere };
    return isThere;
  }

  remove(place: RecordPlace): void {
    for (const { folder, name } of filesOf(place)) this.of(folder).remove(bytesOfText(name));
  }

  close(): void {
    for (const folder of this.#open.values()) folder.close();
    this.#open.clear();
  }
}

/** Settles what the set is: by whoever writes the file first, and for all the same. Throws E_CHANGED. */
export function settleSettings(state: BatchState, settings: Settings, shown: string): void {
  const name = state.temporaryName();
  const file = LineFile.open(state.temporary, name, () => {});
  file.append(settingsText(settings));
  file.syncNow();
  file.close();
  if (state.folder.place(state.temporary, name, settingsName)) state.folder.sync();
  else {
    const text = readFileSync(state.folder.pathOf(settingsName), 'utf8');
    requireSameSettings(text, settings, shown);
  }
}
