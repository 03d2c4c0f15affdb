/** A workbench for tests that train: photographs, a configuration of a tiny network, the command. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { Random } from '../../src/rng.ts';

export const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running command; `lines` are the JSON lines that it has printed so far. */
export interface Running {
  child: ChildProcessWithoutNullStreams;
  lines: Record<string, unknown>[];
  /** Resolves with the first line that passes, or with nothing when the command ends before it. */
  seen(passes: (line: Record<string, unknown>) => boolean): Promise<unknown>;
  finished: Promise<Finished>;
}

export const tiny = `
name: tiny
images: {train: photos, setAside: 0.3}
degradation: {margin: 1}
balance: {rule: quota, warmup: 20, every: 10, references: {specialistSteps: 10}}
network: {type: srvgg, numFeat: 8, numConv: 2}
training: {steps: 60, batchSize: 4, lqSize: 12, learningRate: 1e-3, device: cpu, replayEvery: 11}
validation: {every: 15, samplesPerTask: 2, pictures: 1}
checkpoint: {every: 7}
log: {every: 1, report: false}
`;

/** A picture of its number: sizes, waves and noise. */
export async function paintPhoto(file: string, number: number, larger = 0): Promise<void> {
  const [width, height] = [64 + 8 * number + larger, 88 - 6 * number + larger];
  const random = new Random(number, 0, 0);
  const noise = number % 2 === 0 ? 8 : 60; // smooth ones and textures
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (
      128 +
      50 * Math.sin(x / (4 + number)) +
      40 * Math.cos(y / 7) +
      noise * (random.uniform() - 0.5)
    );
  });
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(file);
}

export class Workbench {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  private constructor(root: string) {
    this.root = root;
    this.env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), NO_COLOR: '1' };
  }

  static async create(): Promise<Workbench> {
    const place = new Workbench(mkdtempSync(join(tmpdir(), 'evensr-train-')));
    mkdirSync(place.path('photos'));
    for (let i = 0; i < 4; i++) await paintPhoto(place.path(`photos/${i}.png`), i);
    writeFileSync(place.path('tiny.yaml'), tiny);
    return place;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Starts `evensr train` with JSON lines on stdout. */
  start(...args: string[]): Running {
    return this.#start('train', '--json', ...args);
  }

  /** Starts any command. */
  begin(...args: string[]): Running {
    return this.#start(...args);
  }

  /** Runs any command to its end. */
  run(...args: string[]): Promise<Finished> {
    return this.#start(...args).finished;
  }

  #start(...args: string[]): Running {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: this.root,
      env: this.env,
    });
    this.#running.add(child);
    const lines: Record<string, unknown>[] = [];
    const watchers = new Set<() => void>();
    const output = { stdout: '', stderr: '' };
    let parsed = 0;
    child.stdout.on('data', (data) => {
      output.stdout += data;
      const end = output.stdout.lastIndexOf('\n') + 1;
      const complete = output.stdout.slice(parsed, end).split('\n').filter(Boolean);
      parsed = end;
      const json = complete.filter((line) => line.startsWith('{'));
      lines.push(...json.map((line) => JSON.parse(line) as Record<string, unknown>));
      for (const watch of watchers) watch();
    });
    child.stderr.on('data', (data) => {
      output.stderr += data;
    });
    const finished = new Promise<Finished>((resolve) => {
      child.on('close', (code, signal) => {
        this.#running.delete(child);
        for (const watch of watchers) watch();
        resolve({ code, signal, ...output });
      });
    });
    const seen: Running['seen'] = (passes) =>
      new Promise((resolve) => {
        const watch = () => {
          const line = lines.find(passes);
          if (line === undefined && this.#running.has(child)) return;
          watchers.delete(watch);
          resolve(line);
        };
        watchers.add(watch);
        watch();
      });
    return { child, lines, seen, finished };
  }

  /** Runs `evensr train` to its end. */
  train(...args: string[]): Promise<Finished> {
    return this.start(...args).finished;
  }

  checkpoints(run: string): string[] {
    return readdirSync(this.path(`${run}/checkpoints`)).sort();
  }

  sha256(name: string): string {
    return createHash('sha256')
      .update(readFileSync(this.path(name)))
      .digest('hex');
  }

  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A line of --json at which that many steps are done. */
export const atStep = (step: number) => (line: Record<string, unknown>) =>
  line.event === 'progress' && (line.step as number) >= step;
