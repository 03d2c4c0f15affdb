/** Sample photographs from Debian packages: downloaded once, kept in the cache, then used offline. */
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { EvensrError, exitCodes } from '../../errors.ts';
import { onDisk, writeDurably } from '../durable.ts';
import { makeFolder } from '../folder.ts';
import { withLock } from '../lock.ts';
import { type DataWarning, warning } from '../problem.ts';
import {
  archives,
  downloadDeb,
  downloadPackage,
  PackageProblem,
  packageInfos,
  packageVersion,
  requireApt,
  unpackPackage,
  updateLists,
} from './apt.ts';
import {
  type PackageManifest,
  packageFolder,
  readPackage,
  readSet,
  type SampleManifest,
} from './manifest.ts';
import { copyrightPath, prepareSamples, type SampleEntry } from './prepare.ts';
import { roleIn, type SampleSet, sampleFolder, samplesRoot, tablesOf } from './sets.ts';
import { type SampleRole, type SampleTable, sampleRoles } from './table.ts';

export interface SamplePlan {
  folder: string;
  /** True when nothing has to be downloaded. */
  complete: boolean;
  downloads: {
    package: string;
    version: string;
    bytes: number;
    /** Whether apt knows the package, in this or another version. */
    available: boolean;
    /** Whether the version is looked for in the archives, as apt has another one or none. */
    fromArchive: boolean;
  }[];
  bytes: number;
}

export interface FetchProgress {
  package: string;
  stage: 'download' | 'convert';
  /** Bytes of the download, or photographs. */
  done: number;
  total: number;
}

export interface FetchHooks {
  /** Called before anything is downloaded, and only then. */
  onPlan?: (plan: SamplePlan) => void;
  onProgress?: (progress: FetchProgress) => void;
}

export interface FetchedSamples {
  set: SampleSet;
  folders: Record<SampleRole, string>;
  counts: Record<SampleRole, number>;
  manifest: SampleManifest;
  /** Packages that could not be had, each with the reason. */
  failed: { package: string; reason: string }[];
  warnings: DataWarning[];
}

/** What fetchSamples would download. Asks apt what it knows, changes nothing. */
export async function planSamples(set: SampleSet): Promise<SamplePlan> {
  const absent: SampleTable[] = [];
  for (const table of tablesOf(set)) if (!(await readPackage(table.package))) absent.push(table);
  const infos = await packageInfos(absent.map((table) => table.package));
  const hasArchives = absent.length > 0 && (await archives()).length > 0;
  const downloads = absent.map((table) => {
    const info = infos.get(table.package);
    const fromArchive = info?.version !== table.version && hasArchives;
    const chosen = { version: table.version, bytes: table.downloadBytes };
    const { version, bytes } = fromArchive ? chosen : (info ?? chosen);
    const available = info !== undefined;
    return { package: table.package, version, bytes, available, fromArchive };
  });
  const bytes = downloads.reduce((sum, one) => sum + one.bytes, 0);
  return { folder: join(samplesRoot(), set), complete: downloads.length === 0, downloads, bytes };
}

const workName = 'work-';
/** A fetch that was killed leaves its work; after this time it cannot belong to one that runs. */
const oldWorkMs = 6 * 3600e3;

function workFolder(): Promise<string> {
  return mkdtemp(join(samplesRoot(), workName));
}

async function removeOldWork(): Promise<void> {
  for (const name of await readdir(samplesRoot())) {
    const path = join(samplesRoot(), name);
    if (name.startsWith(workName) && Date.now() - (await stat(path)).mtimeMs > oldWorkMs)
      await rm(path, { recursive: true, force: true });
  }
}

/** The chosen version if it can be had, else the one that apt has. */
async function download(
  table: SampleTable,
  { available, fromArchive }: SamplePlan['downloads'][number],
  { folder, onBytes }: { folder: string; onBytes: (bytes: number) => void },
): Promise<string> {
  if (fromArchive) {
    try {
      return await downloadDeb(table.deb, folder, onBytes);
    } catch (error) {
      if (!(error instanceof PackageProblem && available)) throw error;
    }
  }
  if (available) return await downloadPackage(table.package, folder, onBytes);
  throw new PackageProblem('apt knows no such package; sudo apt-get update may help');
}

async function installPackage(
  table: SampleTable,
  planned: SamplePlan['downloads'][number],
  onProgress: (progress: FetchProgress) => void,
): Promise<PackageManifest> {
  const name = table.package;
  const work = await workFolder();
  const [debs, root, out] = ['download', 'root', 'out'].map((part) => join(work, part)) as [
    string,
    string,
    string,
  ];
  try {
    for (const folder of [debs, root, out]) await mkdir(folder, { recursive: true });
    const total = planned.bytes;
    const onBytes = (done: number) => onProgress({ package: name, stage: 'download', done, total });
    const deb = await download(table, planned, { folder: debs, onBytes });
    await unpackPackage(deb, root);
    const version = await packageVersion(deb);
    const made = await prepareSamples(root, { table, version, out }, (done, all) =>
      onProgress({ package: name, stage: 'convert', done, total: all }),
    );
    if (made.entries.length === 0)
      throw new PackageProblem(`version ${version} has none of the photographs`);
    const manifest = { package: name, version, ...made };
    await writeDurably(join(out, 'manifest.json'), JSON.stringify(manifest, null, 1));
    const copyright = join(root, copyrightPath(name));
    if (existsSync(copyright)) await copyFile(copyright, join(out, 'copyright'));
    await rm(packageFolder(name), { recursive: true, force: true });
    makeFolder(join(samplesRoot(), 'packages'));
    await rename(out, packageFolder(name));
    return manifest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The folders of a set hold links to the photographs of its packages. */
async function linkSet(set: SampleSet, packages: PackageManifest[]): Promise<SampleManifest> {
  const fresh = await workFolder();
  const entries: SampleEntry[] = [];
  for (const role of sampleRoles) await mkdir(join(fresh, role), { recursive: true });
  for (const entry of packages.flatMap((one) => one.entries)) {
    const role = roleIn(set, entry);
    const file = `${entry.package}_${entry.file}`;
    const target = join('../../packages', entry.package, entry.file);
    await symlink(target, join(fresh, role, file));
    entries.push({ ...entry, role, file });
  }
  const missing = packages.flatMap((one) => one.missing);
  const manifest = { set, entries, missing };
  await writeDurably(join(fresh, 'manifest.json'), JSON.stringify(manifest, null, 1));
  // mkdtemp makes folders that only their owner may enter.
  await chmod(fresh, 0o755);
  const place = join(samplesRoot(), set);
  await rm(place, { recursive: true, force: true });
  await rename(fresh, place);
  return manifest;
}

function report(manifest: SampleManifest, failed: FetchedSamples['failed']): FetchedSamples {
  const { set, entries, missing } = manifest;
  const counts = { train: 0, validation: 0, heldout: 0 };
  for (const entry of entries) counts[entry.role]++;
  const empty = sampleRoles.filter((role) => counts[role] === 0);
  const why = failed.map((one) => `${one.package}: ${one.reason}`).join('; ');
  if (empty.length > 0)
    throw new EvensrError(
      'E_SAMPLES_EMPTY',
      exitCodes.nothingUsable,
      `no sample photographs for ${empty.join(', ')}${why && ` - ${why}`}`,
      { hint: 'try again with a network, or use photographs of your own: --images DIR' },
    );
  const warnings: DataWarning[] = [];
  const unverified = entries.filter((entry) => !entry.verified).map((entry) => entry.path);
  if (unverified.length > 0)
    warnings.push(
      warning('W_SAMPLES_UNVERIFIED', 'photograph(s) of another version than chosen', unverified),
    );
  if (missing.length > 0)
    warnings.push(
      warning(
        'W_SAMPLES_MISSING',
        'photograph(s) that the packages of this system do not have',
        missing.map((one) => `${one.path} (${one.reason})`),
      ),
    );
  const folders = Object.fromEntries(sampleRoles.map((role) => [role, sampleFolder(role, set)]));
  return {
    set,
    folders: folders as Record<SampleRole, string>,
    counts,
    manifest,
    failed,
    warnings,
  };
}

/**
 * Makes a set of sample photographs available and says where. Does nothing when it is in the cache. A
 * package that cannot be had is reported in `failed`; the others are used. Two calls at a time, also of
 * different processes, take turns.
 *
 * Throws E_SAMPLES_TOOLS (no apt), E_SAMPLES_EMPTY (a role is left without photographs; both exit 3) and
 * E_DISK (exit 5).
 */
export async function fetchSamples(
  set: SampleSet,
  hooks: FetchHooks = {},
): Promise<FetchedSamples> {
  const ready = await readSet(set);
  if (ready) return report(ready, []);
  const root = samplesRoot();
  return await onDisk(root, () =>
    withLock(join(root, 'lock'), async () => {
      const again = await readSet(set);
      return again ? report(again, []) : await install(set, hooks);
    }),
  );
}

async function install(set: SampleSet, hooks: FetchHooks): Promise<FetchedSamples> {
  const { onPlan, onProgress = () => {} } = hooks;
  await removeOldWork();
  const packages: PackageManifest[] = [];
  const failed: FetchedSamples['failed'] = [];
  let plan = await planSamples(set);
  if (!plan.complete) {
    requireApt();
    if (plan.downloads.some((one) => !one.available) && (await updateLists()))
      plan = await planSamples(set);
    if (plan.downloads.some((one) => one.available || one.fromArchive)) onPlan?.(plan);
  }
  for (const table of tablesOf(set)) {
    const planned = plan.downloads.find((one) => one.package === table.package);
    try {
      const there = planned ? undefined : await readPackage(table.package);
      if (there) packages.push(there);
      else if (planned) packages.push(await installPackage(table, planned, onProgress));
    } catch (error) {
      if (!(error instanceof PackageProblem)) throw error;
      failed.push({ package: table.package, reason: error.message });
    }
  }
  return report(await linkSet(set, packages), failed);
}
