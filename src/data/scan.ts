/**
 * Finds photographs: which files there are, in an order that depends on their names only. Nothing is
 * opened here, so a FIFO, a device or a loop of links can hold nothing up.
 */
import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { glob, isDynamicPattern } from 'tinyglobby';
import { EvensrError, exitCodes } from '../errors.ts';
import { extensionOf, formatOfExtension, otherPictures, textOfName } from './names.ts';
import { type DataWarning, type ImageProblem, warning } from './problem.ts';

export interface FoundPhoto {
  /** Path below the scanned folder, see ImageProblem.name. */
  name: string;
  /** Bytes, because a file name need not be UTF-8. */
  path: Buffer;
  size: number;
  /** Size and times at the scan: what tells later that the file changed. */
  fingerprint: string;
}

export interface PhotoScan {
  /** In the order of the bytes of their names. */
  photos: FoundPhoto[];
  problems: ImageProblem[];
  warnings: DataWarning[];
  /** Files that are no pictures by their extension. */
  ignored: number;
}

interface Walk {
  found: { key: Buffer; photo?: FoundPhoto; problem?: ImageProblem }[];
  foldersSeen: Set<string>;
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
function statsOf(path: Buffer): BigIntStats | string {
  const own = lstatSync(path, { bigint: true });
  if (!own.isSymbolicLink()) return own;
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'a link to a file that is not there';
    if (code === 'ELOOP') return 'a loop of links';
    throw error;
  }
}

async function visit(path: Buffer, key: Buffer, walk: Walk, chosen = false): Promise<void> {
  const name = textOfName(key);
  const isPhoto = formatOfExtension.has(extensionOf(name)) || chosen;
  const report = (code: ImageProblem['code'], reason: string) => {
    walk.found.push({ key, problem: { name, code, reason } });
  };
  if (++walk.visited % visitedAtOnce === 0) await setImmediate();
  try {
    const stats = statsOf(path);
    const isFolder = typeof stats !== 'string' && stats.isDirectory();
    if (isFolder && !isPhoto) return await visitFolder(path, key, stats, walk);
    if (!isPhoto) {
      if (otherPictures.has(extensionOf(name))) walk.otherPictures.push(name);
      else walk.ignored++;
      return;
    }
    if (typeof stats === 'string') return report('E_NOT_A_FILE', stats);
    if (!stats.isFile()) return report('E_NOT_A_FILE', `${kindOf(stats)}, not a file`);
    const size = Number(stats.size);
    walk.found.push({ key, photo: { name, path, size, fingerprint: fingerprintOf(stats) } });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') report('E_VANISHED', 'gone while the folder was read');
    else report('E_IMG_READ', `cannot be looked at (${code ?? error})`);
  }
}

async function visitFolder(path: Buffer, key: Buffer, stats: BigIntStats, walk: Walk) {
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
    await visit(Buffer.concat([path, slash, name]), below, walk);
  }
}

function missing(what: string): EvensrError {
  return new EvensrError('E_DATA_MISSING', exitCodes.nothingUsable, what, {
    hint: 'give a folder of photographs, a glob pattern or a .txt list with one path a line',
  });
}

/** The lines of a file as bytes, since a name need not be UTF-8; without a byte order mark. */
async function readLines(path: string): Promise<Buffer[]> {
  const text = (await readFile(path)).toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text.split(/\r?\n/).map((line) => Buffer.from(line, 'latin1'));
}

async function visitList(path: string, walk: Walk): Promise<void> {
  const folder = Buffer.from(`${dirname(path)}/`);
  for (const [index, line] of (await readLines(path)).entries()) {
    if (line.length === 0) continue;
    const file = line.toString('latin1', 0, 1) === '/' ? line : Buffer.concat([folder, line]);
    const there = await lstat(file).catch(() => undefined);
    if (!there) {
      const name = textOfName(line);
      throw missing(`line ${index + 1} of ${path} names a file that is not there: ${name}`);
    }
    await visit(file, line, walk, true);
  }
}

async function visitSource(source: string, walk: Walk): Promise<void> {
  const path = resolve(source);
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats?.isDirectory()) {
    const inside = `${stats.dev}:${stats.ino}`;
    if (walk.foldersSeen.has(inside)) return;
    return await visitFolder(Buffer.from(path), Buffer.alloc(0), stats, walk);
  }
  if (stats?.isFile() && extensionOf(path) === 'txt') return await visitList(path, walk);
  if (stats) return await visit(Buffer.from(path), Buffer.from(source), walk, true);
  if (!isDynamicPattern(source)) throw missing(`there is no file or folder ${source}`);
  for (const match of await glob(source, { dot: true, followSymbolicLinks: false })) {
    await visit(Buffer.from(resolve(match)), Buffer.from(match), walk);
  }
}

/**
 * Lists the photographs of a folder (all levels), of a glob pattern, or of a `.txt` list. Links are
 * followed, each folder once. Throws E_DATA_MISSING (exit 3) when the source itself is not there or
 * a list names an absent file.
 */
export async function scanPhotos(sources: string | string[]): Promise<PhotoScan> {
  const walk: Walk = {
    found: [],
    foldersSeen: new Set(),
    loops: [],
    otherPictures: [],
    ignored: 0,
    visited: 0,
  };
  for (const source of [sources].flat()) {
    try {
      await visitSource(source, walk);
    } catch (error) {
      if (error instanceof EvensrError) throw error;
      throw missing(`${source} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
    }
  }
  walk.found.sort((a, b) => Buffer.compare(a.key, b.key));
  const warnings: DataWarning[] = [];
  if (walk.loops.length > 0)
    warnings.push(warning('W_LINK_LOOP', 'folder(s) reached twice, read once', walk.loops));
  if (walk.otherPictures.length > 0)
    warnings.push(
      warning('W_IMG_IGNORED', 'picture(s) in a format that is not read', walk.otherPictures),
    );
  return {
    photos: walk.found.flatMap((item) => item.photo ?? []),
    problems: walk.found.flatMap((item) => item.problem ?? []),
    warnings,
    ignored: walk.ignored,
  };
}
