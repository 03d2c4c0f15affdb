/** A workbench for tests of `evensr upscale`: a tiny network, pictures, the command, trees by hash. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeSafetensors } from '../../src/network/safetensors.ts';
import { elements } from '../../src/network/spec.ts';
import { srvgg } from '../../src/network/srvgg.ts';
import { Random } from '../../src/rng.ts';
import { png } from '../data-corpus.ts';

export const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Of --json. */
  documents: Record<string, unknown>[];
}

/** A network of a few weights, x2; other seeds give other networks. */
export function writeNetwork(path: string, seed = 1): void {
  const random = new Random(seed, 0, 0);
  const { parameters } = srvgg({ scale: 2, numFeat: 4, numConv: 1 });
  const tensors = parameters.map(({ name, shape }) => ({
    name,
    shape,
    data: Float32Array.from({ length: elements(shape) }, () => random.between(-0.1, 0.1)),
  }));
  writeFileSync(path, Buffer.concat(encodeSafetensors(tensors)));
}

export class UpscaleBench {
  readonly root = mkdtempSync(join(tmpdir(), 'evensr-upscale-'));
  readonly model = join(this.root, '2x-tiny.safetensors');
  readonly env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', OMP_NUM_THREADS: '1' };
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  constructor() {
    writeNetwork(this.model);
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  write(name: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), bytes);
  }

  async picture(name: string, seed: number, width = 24, height = 20): Promise<void> {
    this.write(name, await png(seed, width, height));
  }

  start(args: readonly string[], options: { env?: NodeJS.ProcessEnv; command?: string[] } = {}) {
    const words = [...(options.command ?? []), process.execPath, cli, 'upscale', '-m', this.model];
    const [program = '', ...rest] = [...words, '--threads', '1', ...args];
    const child = spawn(program, rest, { cwd: this.root, env: { ...this.env, ...options.env } });
    this.#running.add(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      output.stdout += data;
    });
    child.stderr.on('data', (data) => {
      output.stderr += data;
    });
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        this.#running.delete(child);
        const documents = args.includes('--json')
          ? output.stdout
              .split('\n')
              .filter(Boolean)
              .map((line) => JSON.parse(line))
          : [];
        resolve({ code, signal, ...output, documents });
      });
    });
    return { child, finished };
  }

  run(...args: string[]): Promise<Finished> {
    return this.start(args).finished;
  }

  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Every file below a folder, evensr's own left out: its name as latin1, and what `fact` says of it. */
export function treeOf<T>(folder: string, fact: (path: Buffer) => T): Record<string, T> {
  const found: Record<string, T> = {};
  const visit = (path: Buffer, name: string): void => {
    for (const entry of readdirSync(path, { encoding: 'buffer' })) {
      if (name === '' && entry.toString() === '.evensr') continue;
      const below = Buffer.concat([path, Buffer.from('/'), entry]);
      const text = `${name}${entry.toString('latin1')}`;
      if (lstatSync(below).isDirectory()) visit(below, `${text}/`);
      else found[text] = fact(below);
    }
  };
  visit(Buffer.from(folder), '');
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const sha256Of = (path: Buffer): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** Changes with any write, also of the same bytes. */
export const identityOf = (path: Buffer): string => {
  const { ino, mtimeNs, ctimeNs, size } = lstatSync(path, { bigint: true });
  return `${ino} ${mtimeNs} ${ctimeNs} ${size}`;
};

/** Names of temporary files that are left. */
export function leftovers(output: string): string[] {
  const folder = join(output, '.evensr', 'tmp');
  return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part)));
}
