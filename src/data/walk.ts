/**
 * Walks over folders. Nothing is opened here, so a FIFO, a device or a loop of links can hold nothing up.
 */
import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { extensionOf, formatOfExtension, otherPictures, textOfName } from './names.ts';
import type { ImageProblem } from './problem.ts';

export interface FoundPhoto {
  /** Path below the scanned folder, see ImageProblem.name. */
  name: string;
  /** Bytes, because a file name need not be UTF-8. */
  path: Buffer;
  size: number;
  /** Size and times at the scan: what tells later that the file changed. */
  fingerprint: string;
  /** Together with the file system, what tells the file from every other. */
  inode: bigint;
}

/** Something that was found, a photograph or a problem with what looks like one. */
export interface ScannedItem {
  /** Bytes of the name, see ImageProblem.name. */
  key: Buffer;
  path: Buffer;
  /** Where it lies below its source: a folder, the fixed part of a pattern, the folder of a file. */
  below: Buffer;
  photo?: FoundPhoto;
  problem?: ImageProblem;
}

export interface ScanOptions {
  /** Also what lies in folders within folders (yes). */
  recursive?: boolean;
  /** Folders of this name are passed over, at every level. */
  passOver?: string;
  /** A source that is there but cannot be read is a problem like any other, and no end of the scan. */
  tolerant?: boolean;
}

/** A folder that is read, with all below it (`tree`) or for files in it. */
export interface Root {
  path: Buffer;
  tree: boolean;
}

/** A scan under way. */
export interface Walk {
  options: ScanOptions;
  found: ScannedItem[];
  foldersSeen: Set<string>;
  roots: Root[];
  loops: string[];
  otherPictures: string[];
  ignored: number;
  visited: number;
}

/**
 * Files are looked at synchronously, ten times faster than one promise each; after so many of them
 * (some milliseconds) other work gets its turn.
 */
const visitedAtOnce = 256;

export function fingerprintOf(stats: BigIntStats): string {
  return `${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/** Follows links to their end; the reason when there is none. */
function statsOf(path: Buffer): { stats: BigIntStats | string; isLink: boolean } {
  const own = lstatSync(path, { bigint: true });
  if (!own.isSymbolicLink()) return { stats: own, isLink: false };
  try {
    return { stats: statSync(path, { bigint: true }), isLink: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { stats: 'a link to a file that is not there', isLink: true };
    if (code === 'ELOOP') return { stats: 'a loop of links', isLink: true };
    throw error;
  }
}

/** What is looked at: its path, its name for people, and how many bytes of the path its source is. */
export interface Spot {
  path: Buffer;
  key: Buffer;
  source: number;
  /** Of a pattern, which matches what lies in folders by itself. */
  isMatch?: boolean;
}

/** Looks at one path: a photograph, a problem, something of no interest, or a folder to go on with. */
export async function visit(spot: Spot, walk: Walk, chosen = false): Promise<void> {
  const { path, key } = spot;
  const below = path.subarray(spot.source);
  const name = textOfName(key);
  const isPhoto = formatOfExtension.has(extensionOf(name)) || chosen;
  const report = (code: ImageProblem['code'], reason: string) => {
    walk.found.push({ key, path, below, problem: { name, code, reason } });
  };
  if (++walk.visited % visitedAtOnce === 0) await setImmediate();
  try {
    const { stats, isLink } = statsOf(path);
    if (typeof stats !== 'string' && stats.isDirectory() && !isPhoto) {
      if (spot.isMatch || walk.options.recursive === false || isPassedOver(path, walk)) return;
      if (isLink) walk.roots.push({ path, tree: true });
      return await visitFolder(spot, stats, walk);
    }
    if (!isPhoto) {
      if (otherPictures.has(extensionOf(name))) walk.otherPictures.push(name);
      else walk.ignored++;
      return;
    }
    if (typeof stats === 'string') return report('E_NOT_A_FILE', stats);
    if (!stats.isFile()) return report('E_NOT_A_FILE', `${kindOf(stats)}, not a file`);
    const size = Number(stats.size);
    const [fingerprint, inode] = [fingerprintOf(stats), stats.ino];
    walk.found.push({ key, path, below, photo: { name, path, size, fingerprint, inode } });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') report('E_VANISHED', 'gone while the folder was read');
    else report('E_IMG_READ', `cannot be looked at (${code ?? error})`);
  }
}

function isPassedOver(path: Buffer, { options }: Walk): boolean {
  const { passOver } = options;
  return passOver !== undefined && path.toString('latin1').endsWith(`/${passOver}`);
}

/** Looks at everything in a folder, unless it was seen before. Rejects when it cannot be read. */
export async function visitFolder({ path, key, source }: Spot, stats: BigIntStats, walk: Walk) {
  const identity = `${stats.dev}:${stats.ino}`;
  if (walk.foldersSeen.has(identity)) {
    walk.loops.push(textOfName(key));
    return;
  }
  walk.foldersSeen.add(identity);
  const slash = Buffer.from('/');
  const names = (await readdir(path, { encoding: 'buffer' })).sort(Buffer.compare);
  for (const name of names) {
    const below = key.length > 0 ? Buffer.concat([key, slash, name]) : name;
    await visit({ path: Buffer.concat([path, slash, name]), key: below, source }, walk);
  }
}
