/**
 * Folders below the output folder, opened in a way that no link can lead a write out of it: each is
 * opened below the open one above it and never through a link, and its files are reached through the
 * open folder (/proc/self/fd, what openat does elsewhere). A folder that is exchanged for a link
 * meanwhile is refused, or written as what it was. Systems without /proc use plain paths, where only a
 * link that is there at the look is found.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type ByteName, bufferOf, byteName, textOf } from './byte-name.ts';

const slash = Buffer.from('/');
const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const throughProc = existsSync('/proc/self/fd');

type SystemError = NodeJS.ErrnoException;
const codeOf = (error: unknown): string => (error as SystemError).code ?? '';

function refusal(name: ByteName, what: string): EvensrError {
  return new EvensrError('E_PATH', exitCodes.disk, `${textOf(name)} in the output folder ${what}`, {
    hint: 'remove it, or choose another output folder',
  });
}

/** An open folder. Close it. */
export class OpenFolder {
  /** Below the output folder; "" for itself. */
  readonly name: ByteName;
  readonly #descriptor: number;
  readonly #base: Buffer;

  constructor(path: Buffer, name: ByteName) {
    this.name = name;
    this.#descriptor = openSync(path, asFolder);
    this.#base = throughProc ? Buffer.from(`/proc/self/fd/${this.#descriptor}`) : path;
  }

  /** How the folder itself is reached. */
  get path(): string {
    return this.#base.toString();
  }

  /** How a file in it is reached. */
  pathOf(name: ByteName): Buffer {
    return Buffer.concat([this.#base, slash, bufferOf(name)]);
  }

  /** Nothing when it is not there. Never follows a link. */
  look(name: ByteName): BigIntStats | undefined {
    return lstatSync(this.pathOf(name), { bigint: true, throwIfNoEntry: false });
  }

  names(): ByteName[] {
    return readdirSync(this.#base, { encoding: 'buffer' }).map(byteName);
  }

  remove(name: ByteName): void {
    try {
      unlinkSync(this.pathOf(name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  /** Gives a file of another folder this name, whatever had it before. */
  replace(from: OpenFolder, temporary: ByteName, name: ByteName): void {
    renameSync(from.pathOf(temporary), this.pathOf(name));
  }

  /** Gives a file of another folder this name; false when something has it. */
  place(from: OpenFolder, temporary: ByteName, name: ByteName): boolean {
    try {
      linkSync(from.pathOf(temporary), this.pathOf(name));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error)))
        throw error;
      // A file system without hard links: another process could take the name between look and rename.
      if (this.look(name)) return false;
      this.replace(from, temporary, name);
      return true;
    }
    from.remove(temporary);
    return true;
  }

  /** Makes names in it survive a power cut. */
  sync(): void {
    fsyncSync(this.#descriptor);
  }

  /** The folder in it, or nothing when there is none. Throws E_PATH for a link or a file. */
  enter(part: ByteName): OpenFolder | undefined {
    const name = (this.name === '' ? part : `${this.name}/${part}`) as ByteName;
    try {
      return new OpenFolder(this.pathOf(part), name);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (codeOf(error) !== 'ENOTDIR' && codeOf(error) !== 'ELOOP') throw error;
      throw refusal(name, this.look(part)?.isSymbolicLink() ? 'is a link' : 'is no folder');
    }
  }

  /** The folder in it, made when there is none. */
  make(part: ByteName): OpenFolder {
    const there = this.enter(part);
    if (there) return there;
    try {
      mkdirSync(this.pathOf(part));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error; // another shard was faster
    }
    const made = this.enter(part);
    if (!made) throw refusal(this.name, 'was removed while it was made');
    this.sync();
    return made;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The output folder. */
export class OutputTree {
  readonly root: OpenFolder;

  private constructor(root: OpenFolder) {
    this.root = root;
  }

  /** Opens it, made when it is not there. `path` is without links. Throws E_DISK (exit 5). */
  static make(path: string): OutputTree {
    makeFolder(path);
    const tree = OutputTree.open(path);
    if (tree) return tree;
    throw new EvensrError('E_DISK', exitCodes.disk, `${path} was removed while it was made`);
  }

  /** Nothing when it is not there. Throws E_DISK. */
  static open(path: string): OutputTree | undefined {
    try {
      return new OutputTree(new OpenFolder(Buffer.from(path), '' as ByteName));
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw new EvensrError(
        'E_DISK',
        exitCodes.disk,
        `${path} cannot be used as output folder (${codeOf(cause)})`,
        { hint: 'choose another output folder', cause },
      );
    }
  }

  /** A folder below, opened part by part; made where missing, or nothing. Throws E_PATH. */
  folder(name: ByteName, missing: 'make'): OpenFolder;
  folder(name: ByteName, missing: 'leave'): OpenFolder | undefined;
  folder(name: ByteName, missing: 'make' | 'leave'): OpenFolder | undefined {
    let at: OpenFolder | undefined = new OpenFolder(
      Buffer.from(`${this.root.path}/.`),
      '' as ByteName,
    );
    for (const part of name === '' ? [] : (name.split('/') as ByteName[])) {
      const above: OpenFolder = at;
      try {
        at = missing === 'make' ? above.make(part) : above.enter(part);
      } finally {
        above.close();
      }
      if (!at) return undefined;
    }
    return at;
  }

  close(): void {
    this.root.close();
  }
}
