/** What the cache holds: manifests whose files are all there, in their full size. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MissingSample, SampleEntry } from './prepare.ts';
import { roleIn, type SampleSet, samplesRoot, tablesOf } from './sets.ts';

/** manifest.json of a package in the cache. */
export interface PackageManifest {
  package: string;
  version: string;
  entries: SampleEntry[];
  missing: MissingSample[];
}

/** manifest.json of a set. */
export interface SampleManifest {
  set: SampleSet;
  entries: SampleEntry[];
  /** Photographs that the installed version of their package has not. */
  missing: MissingSample[];
}

export const packageFolder = (name: string) => join(samplesRoot(), 'packages', name);

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

async function allThere(files: { path: string; bytes: number }[]): Promise<boolean> {
  const right = await Promise.all(
    files.map(({ path, bytes }) => stat(path).then((found) => found.size === bytes)),
  ).catch(() => [false]);
  return right.every(Boolean);
}

/** The manifest of a package whose photographs are all in the cache. */
export async function readPackage(name: string): Promise<PackageManifest | undefined> {
  const folder = packageFolder(name);
  const manifest = await readJson<PackageManifest>(join(folder, 'manifest.json'));
  if (!manifest) return undefined;
  const files = manifest.entries.map(({ file, bytes }) => ({ path: join(folder, file), bytes }));
  return (await allThere(files)) ? manifest : undefined;
}

/** The manifest of a set that has everything that its packages can give. */
export async function readSet(set: SampleSet): Promise<SampleManifest | undefined> {
  const folder = join(samplesRoot(), set);
  const manifest = await readJson<SampleManifest>(join(folder, 'manifest.json'));
  if (!manifest) return undefined;
  const there = new Set(manifest.entries.map((entry) => entry.package));
  if (tablesOf(set).some((table) => !there.has(table.package))) return undefined;
  // Another version may have dealt the roles otherwise.
  if (manifest.entries.some((entry) => roleIn(set, entry) !== entry.role)) return undefined;
  const files = manifest.entries.map(({ role, file, bytes }) => ({
    path: join(folder, role, file),
    bytes,
  }));
  return (await allThere(files)) ? manifest : undefined;
}
