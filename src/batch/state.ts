/** evensr's own folder in an output folder: temporary files and locks, journals, reports. */
import { EvensrError } from '../errors.ts';
import { lockFolder } from '../train/lock.ts';
import { type ByteName, bytesOfText } from './byte-name.ts';
import type { OpenFolder, OutputTree } from './output-tree.ts';
import { stateFolder } from './plan.ts';
import { type Shard, shardName } from './shard.ts';

const temporaryFolder = bytesOfText('tmp');

/** The folder of the shard's temporary files, which also holds its lock. */
const partName = ({ index, count }: Shard): ByteName => bytesOfText(`${index}-of-${count}`);

/** lockFolder for a folder that is reached through a descriptor: people see its usual path. */
function lock(folder: OpenFolder, shown: string): () => void {
  try {
    return lockFolder(folder.path);
  } catch (error) {
    if (!(error instanceof EvensrError)) throw error;
    const { code, exitCode, message, hint, cause } = error;
    const named = (text: string) => text.replaceAll(folder.path, shown);
    throw new EvensrError(code, exitCode, named(message), {
      cause,
      ...(hint === undefined ? {} : { hint: named(hint) }),
    });
  }
}

function removeTemporaryFiles(folder: OpenFolder): void {
  for (const name of folder.names()) if (!name.startsWith('lock-')) folder.remove(name);
}

/**
 * Runs of other shard counts cut the pictures otherwise and must not run at the same time: their locks are
 * taken for a moment, E_LOCKED when one lives. What killed ones left is removed.
 */
function refuseOtherCounts(parts: OpenFolder, { count }: Shard, shown: string): void {
  for (const name of parts.names()) {
    const [, other] = /^\d+-of-(\d+)$/.exec(name) ?? [];
    if (other === undefined || Number(other) === count) continue;
    const folder = parts.enter(name);
    if (!folder) continue;
    try {
      const release = lock(folder, `${shown}/${name}`);
      removeTemporaryFiles(folder);
      release();
    } finally {
      folder.close();
    }
  }
}

export class BatchState {
  readonly folder: OpenFolder;
  /** For temporary files, on the file system of the outputs. Whatever is in it goes at the end. */
  readonly temporary: OpenFolder;
  readonly #shard: Shard;
  readonly #release: () => void;
  #count = 0;

  private constructor(
    parts: Pick<BatchState, 'folder' | 'temporary'>,
    shard: Shard,
    release: () => void,
  ) {
    this.folder = parts.folder;
    this.temporary = parts.temporary;
    this.#shard = shard;
    this.#release = release;
  }

  /**
   * Takes the lock of the shard and removes what killed runs left. `shown` is the output folder's path
   * for messages. Throws E_LOCKED (exit 11), E_PATH, E_DISK.
   */
  static open(tree: OutputTree, shard: Shard, shown: string): BatchState {
    const folder = tree.folder(bytesOfText(stateFolder), 'make');
    const parts = folder.make(temporaryFolder);
    const temporary = parts.make(partName(shard));
    const where = `${shown}/${stateFolder}/${temporaryFolder}`;
    let release: (() => void) | undefined;
    try {
      release = lock(temporary, `${where}/${partName(shard)}`);
      refuseOtherCounts(parts, shard, where);
      removeTemporaryFiles(temporary);
      return new BatchState({ folder, temporary }, shard, release);
    } catch (error) {
      release?.();
      for (const open of [temporary, folder]) open.close();
      throw error;
    } finally {
      parts.close();
    }
  }

  /** A new name in the folder of temporary files. */
  temporaryName(): ByteName {
    return bytesOfText(`${process.pid}-${++this.#count}.tmp`);
  }

  /** `journal`, `jsonl` -> journal-2-of-8.jsonl, or journal.jsonl without shards. */
  fileName(name: string, ext: string): ByteName {
    return bytesOfText(`${name}${shardName(this.#shard)}.${ext}`);
  }

  /** Removes the temporary files and gives the lock back. */
  close(): void {
    removeTemporaryFiles(this.temporary);
    this.#release();
    this.temporary.close();
    this.folder.close();
  }
}
