/** Finds photographs: which files there are, in an order that depends on their names only. */
import * as fs from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { EvensrError, exitCodes } from '../errors.ts';
import { extensionOf, textOfName } from './names.ts';
import { type DataWarning, type ImageProblem, warning } from './problem.ts';
import {
  type FoundPhoto,
  type Root,
  type ScannedItem,
  type ScanOptions,
  type Spot,
  visit,
  visitFolder,
  type Walk,
} from './walk.ts';

export { type FoundPhoto, fingerprintOf } from './walk.ts';

export interface SourceScan extends Omit<PhotoScan, 'photos' | 'problems'> {
  /** In the order of the bytes of their places. */
  items: ScannedItem[];
  /** The folders of the sources, and those that links led to. */
  roots: Root[];
}

export interface PhotoScan {
  /** In the order of the bytes of their names. */
  photos: FoundPhoto[];
  problems: ImageProblem[];
  warnings: DataWarning[];
  /** Files that are no pictures by their extension. */
  ignored: number;
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

/** A file of its own: its place is its name. */
function fileSpot(path: Buffer, key: Buffer): Spot {
  return { path, key, source: path.lastIndexOf('/') + 1 };
}

async function visitList(path: string, walk: Walk): Promise<void> {
  const folder = Buffer.from(`${dirname(path)}/`);
  for (const [index, line] of (await readLines(path)).entries()) {
    if (line.length === 0) continue;
    const isAbsolute = line[0] === 0x2f;
    const file = isAbsolute ? line : Buffer.concat([folder, line]);
    const there = await lstat(file).catch(() => undefined);
    if (!there) {
      const name = textOfName(line);
      throw missing(`line ${index + 1} of ${path} names a file that is not there: ${name}`);
    }
    const spot = isAbsolute
      ? fileSpot(file, line)
      : { path: file, key: line, source: folder.length };
    await visit(spot, walk, true);
  }
}

/** The part of a pattern before its first folder with a wildcard. */
function fixedPartOf(pattern: string): string {
  const folders = pattern.split('/').slice(0, -1);
  const dynamic = folders.findIndex((folder) => isDynamicPattern(folder));
  const fixed = dynamic < 0 ? folders : folders.slice(0, dynamic);
  return fixed.join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** The paths that read as `path` when bytes that are no UTF-8 show as U+FFFD, as patterns match them. */
async function pathsReadingAs(path: string): Promise<Buffer[]> {
  if (!path.includes('\ufffd')) return [Buffer.from(path)];
  const parent = dirname(path);
  const folders = await pathsReadingAs(parent);
  const found: Buffer[] = [];
  for (const folder of folders) {
    for (const name of await readdir(folder, { encoding: 'buffer' })) {
      const full = Buffer.concat([folder, Buffer.from('/'), name]);
      if (full.toString() === path) found.push(full);
    }
  }
  return found;
}

/**
 * For patterns: everything that is no folder counts as a file, so that links, FIFOs and what else has a
 * picture's name are found, and then looked at like those of a folder.
 */
function readFolder(
  path: string,
  options: { withFileTypes: true },
  done: (error: NodeJS.ErrnoException | null, entries: fs.Dirent[]) => void,
): void {
  fs.readdir(path, options, (error, entries = []) => {
    for (const entry of entries)
      if (!entry.isDirectory())
        Object.assign(entry, { isFile: () => true, isSymbolicLink: () => false });
    done(error, entries);
  });
}

async function visitPattern(pattern: string, walk: Walk): Promise<void> {
  const base = resolve(fixedPartOf(pattern));
  const source = Buffer.byteLength(base === '/' ? base : `${base}/`);
  const tree = pattern
    .split('/')
    .slice(0, -1)
    .some((folder) => isDynamicPattern(folder));
  walk.roots.push({ path: Buffer.from(base), tree });
  const seen = new Set<string>();
  const nodeFs = { ...fs, readdir: readFolder as typeof fs.readdir };
  for (const match of await glob(pattern, { dot: true, followSymbolicLinks: false, fs: nodeFs })) {
    if (seen.has(match) || match.split('/').includes(walk.options.passOver ?? '')) continue;
    seen.add(match);
    for (const path of await pathsReadingAs(resolve(match))) {
      const key = match.includes('\ufffd') ? path : Buffer.from(match);
      await visit({ path, key, source, isMatch: true }, walk);
    }
  }
}

async function visitSource(source: string, walk: Walk): Promise<void> {
  const path = resolve(source);
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats?.isDirectory()) {
    const inside = `${stats.dev}:${stats.ino}`;
    if (walk.foldersSeen.has(inside)) return;
    walk.roots.push({ path: Buffer.from(path), tree: true });
    const spot = {
      path: Buffer.from(path),
      key: Buffer.alloc(0),
      source: Buffer.byteLength(path) + 1,
    };
    return await visitFolder(spot, stats, walk);
  }
  if (stats?.isFile() && extensionOf(path) === 'txt') return await visitList(path, walk);
  if (stats) {
    walk.roots.push({ path: Buffer.from(dirname(path)), tree: false });
    return await visit(fileSpot(Buffer.from(path), Buffer.from(source)), walk, true);
  }
  if (!isDynamicPattern(source)) throw missing(`there is no file or folder ${source}`);
  await visitPattern(source, walk);
}

/** A source that is there but cannot be read. */
function unreadable(source: string, error: unknown, walk: Walk): void {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (!walk.options.tolerant) throw missing(`${source} cannot be read (${code})`);
  const key = Buffer.from(source);
  const problem: ImageProblem = {
    name: source,
    code: 'E_IMG_READ',
    reason: `cannot be read (${code})`,
  };
  walk.found.push({ ...fileSpot(Buffer.from(resolve(source)), key), below: key, problem });
}

/**
 * Lists what lies in folders (all levels), matches glob patterns, or stands in `.txt` lists. Links are
 * followed, each folder once. Throws E_DATA_MISSING (exit 3) when a source itself is not there or a
 * list names an absent file.
 */
export async function scanSources(
  sources: readonly string[],
  options: ScanOptions = {},
): Promise<SourceScan> {
  const walk: Walk = {
    options,
    found: [],
    foldersSeen: new Set(),
    roots: [],
    loops: [],
    otherPictures: [],
    ignored: 0,
    visited: 0,
  };
  for (const source of sources) {
    try {
      await visitSource(source, walk);
    } catch (error) {
      if (error instanceof EvensrError) throw error;
      unreadable(source, error, walk);
    }
  }
  const warnings: DataWarning[] = [];
  if (walk.loops.length > 0)
    warnings.push(warning('W_LINK_LOOP', 'folder(s) reached twice, read once', walk.loops));
  if (walk.otherPictures.length > 0)
    warnings.push(
      warning('W_IMG_IGNORED', 'picture(s) in a format that is not read', walk.otherPictures),
    );
  const items = walk.found.sort((a, b) => Buffer.compare(a.below, b.below));
  return { items, roots: walk.roots, warnings, ignored: walk.ignored };
}

/** scanSources for photographs, in the order of the bytes of their names. Throws E_DATA_MISSING. */
export async function scanPhotos(sources: string | string[]): Promise<PhotoScan> {
  const { items, warnings, ignored } = await scanSources([sources].flat());
  items.sort((a, b) => Buffer.compare(a.key, b.key));
  return {
    photos: items.flatMap((item) => item.photo ?? []),
    problems: items.flatMap((item) => item.problem ?? []),
    warnings,
    ignored,
  };
}
