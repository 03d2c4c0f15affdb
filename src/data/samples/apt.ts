/** Debian packages without installing them: what there is, download, unpack. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EvensrError, exitCodes } from '../../errors.ts';

export interface PackageInfo {
  version: string;
  /** Size of the .deb. */
  bytes: number;
}

/** Why a package cannot be had; the other packages may be enough. */
export class PackageProblem extends Error {}

interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

function run(command: string, args: string[], cwd?: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

function has(command: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, command)));
}

/** Throws E_SAMPLES_TOOLS (exit 3) on a machine without apt. */
export function requireApt(): void {
  const missing = ['apt-get', 'apt-cache', 'dpkg-deb'].filter((command) => !has(command));
  if (missing.length === 0) return;
  throw new EvensrError(
    'E_SAMPLES_TOOLS',
    exitCodes.nothingUsable,
    `the sample photographs come from Debian packages, but ${missing.join(', ')} is not on this machine`,
    { hint: 'use photographs of your own: --images DIR' },
  );
}

/** What apt would download for each package that it knows. */
export async function packageInfos(names: string[]): Promise<Map<string, PackageInfo>> {
  const infos = new Map<string, PackageInfo>();
  if (names.length === 0 || !has('apt-cache')) return infos;
  // Unknown names make apt-cache fail, but it still tells about the others.
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', ...names]);
  for (const stanza of stdout.split(/\n\n+/)) {
    const field = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(stanza)?.[1];
    const [name, version, bytes] = [field('Package'), field('Version'), Number(field('Size'))];
    if (name && version && bytes > 0) infos.set(name, { version, bytes });
  }
  return infos;
}

/** Fetches the package lists, where this user may; false when not. */
export async function updateLists(): Promise<boolean> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(has('sudo') && (await run('sudo', ['-n', 'true'])).code === 0)) return false;
  const words = [...(isRoot ? [] : ['sudo', '-n']), 'apt-get', 'update', '-qq'];
  return (await run(words[0] as string, words.slice(1))).code === 0;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) bytes += found.size;
  }
  return bytes;
}

type OnBytes = (bytes: number) => void;

/** Runs a command that downloads into `folder`, telling how far it is. */
async function download(
  [command, verb, ...args]: [command: string, verb: string, ...args: string[]],
  { folder, onBytes }: { folder: string; onBytes: OnBytes },
): Promise<void> {
  const timer = setInterval(() => {
    bytesIn(folder).then(onBytes, () => {});
  }, 250);
  const options = ['Acquire::Retries=3', 'Acquire::http::Timeout=30', 'Acquire::https::Timeout=30'];
  // Without this apt warns that its own user cannot write here; the download is checked either way.
  if (process.getuid?.() === 0) options.push('APT::Sandbox::User=root');
  try {
    const flags = options.flatMap((option) => ['-o', option]);
    const { code, stderr } = await run(command, [verb, ...flags, ...args], folder);
    if (code !== 0) throw new PackageProblem(lastLine(stderr) || `${command} exited ${code}`);
  } finally {
    clearInterval(timer);
  }
}

/** apt keeps this command off the PATH. */
const aptHelper = () => (has('apt-helper') ? 'apt-helper' : '/usr/lib/apt/apt-helper');

/** Addresses of the archives that this system's apt knows, each with a slash at its end. */
export async function archives(): Promise<string[]> {
  if (!has('apt-get')) return [];
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  return [...new Set(stdout.split('\n').filter((line) => /^https?:\/\/.*\/$/.test(line)))];
}

/**
 * Downloads one certain .deb from the first archive of this system that holds it; archives keep the
 * packages of earlier releases. apt checks the hash. Throws PackageProblem when none has it.
 */
export async function downloadDeb(
  deb: { path: string; sha256: string },
  folder: string,
  onBytes: OnBytes,
): Promise<string> {
  const file = join(folder, 'package.deb');
  const known = await archives();
  for (const archive of known) {
    try {
      const uri = `${archive}${deb.path}`;
      const hash = `SHA256:${deb.sha256}`;
      await download([aptHelper(), 'download-file', uri, file, hash], { folder, onBytes });
      return file;
    } catch (error) {
      if (!(error instanceof PackageProblem)) throw error;
    }
  }
  throw new PackageProblem(`none of this system's ${known.length} archives has ${deb.path}`);
}

/** Downloads a package into `folder` and gives the path of the .deb. Throws PackageProblem. */
export async function downloadPackage(
  name: string,
  folder: string,
  onBytes: OnBytes,
): Promise<string> {
  await download(['apt-get', 'download', '-q', name], { folder, onBytes });
  const deb = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (!deb) throw new PackageProblem('apt-get download left no .deb');
  return join(folder, deb);
}

/** Unpacks a .deb into a folder. Throws PackageProblem. */
export async function unpackPackage(deb: string, folder: string): Promise<void> {
  const { code, stderr } = await run('dpkg-deb', ['-x', deb, folder]);
  if (code !== 0) throw new PackageProblem(lastLine(stderr) || `dpkg-deb exited ${code}`);
}

export async function packageVersion(deb: string): Promise<string> {
  return (await run('dpkg-deb', ['-f', deb, 'Version'])).stdout.trim();
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('E:') || line.includes('error'));
  return (lines[0] ?? text.trim().split('\n').at(-1) ?? '').replace(/^E: /, '');
}
