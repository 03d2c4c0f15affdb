/** A contender in a process of its own: JSON lines on its stdin and stdout (benchmarks/peers). */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Recipe } from '../degradation/recipe.ts';

/** The contenders and their scripts. */
const peerScripts = {
  torch: 'realesrgan.py',
  opencv: 'bsrgan.py',
  scipy: 'bsrgan_published.py',
} as const;

export type PeerName = keyof typeof peerScripts;

export const peerNames = Object.freeze(Object.keys(peerScripts)) as readonly PeerName[];

export interface PeerOptions {
  /** The Python to run it with. */
  python: string;
  threads: number;
}

/** A planar image (3, H, W) as a line can hold it: float32 in base64. */
export interface SentImage {
  shape: number[];
  values: string;
}

export interface PeerWork {
  /** File of the gt crops: raw uint8, (N, side, side, 3). */
  gt: string;
  side: number;
  /** Images that the peer handles together. */
  batch: number;
  usm: boolean;
  recipes: readonly Recipe[];
}

/**
 * What makes glibc keep memory that a peer frees: without it, PyTorch spends much of its time on page
 * faults of fresh tensors.
 */
const keptMemory = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  MALLOC_TOP_PAD_: String(2 ** 28),
};

const folder = fileURLToPath(new URL('../../../benchmarks/peers/', import.meta.url));

/** Why a contender cannot be used, in one line. */
export class PeerError extends Error {
  readonly peer: PeerName;

  constructor(peer: PeerName, reason: string) {
    super(reason);
    this.peer = peer;
  }
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** One contender. Requests are answered one after the other. */
export class PeerProcess {
  readonly name: PeerName;
  version = '';
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly waiting: Waiting[] = [];
  private complaint = '';
  private ended: PeerError | undefined;

  private constructor(name: PeerName, { python, threads }: PeerOptions) {
    this.name = name;
    this.child = spawn(python, [`${folder}${peerScripts[name]}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...keptMemory,
        OMP_NUM_THREADS: String(threads),
        // The package's folder need not be writable.
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.settle(line));
    this.child.stderr.on('data', (text) => {
      this.complaint = `${this.complaint}${text}`.slice(-4096);
    });
    // A peer that is gone is told by its exit.
    this.child.stdin.on('error', () => {});
    this.child.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      this.end(code === 'ENOENT' ? `there is no ${python}` : message),
    );
    this.child.on('close', (code, signal) => {
      const last = this.complaint.trim().split('\n').at(-1);
      this.end(last || `it ended with ${signal ?? `exit code ${code}`}`);
    });
  }

  /** @throws PeerError when Python or a module is not there */
  static async start(name: PeerName, options: PeerOptions): Promise<PeerProcess> {
    const peer = new PeerProcess(name, options);
    const hello = (await peer.answer()) as { version: string };
    peer.version = hello.version;
    return peer;
  }

  private settle(line: string): void {
    const { error, ...answer } = JSON.parse(line) as { error?: string };
    const next = this.waiting.shift();
    if (error === undefined) next?.resolve(answer);
    else next?.reject(new PeerError(this.name, error));
  }

  private end(reason: string): void {
    this.ended ??= new PeerError(this.name, reason);
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }

  private answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) reject(this.ended);
      else this.waiting.push({ resolve, reject });
    });
  }

  private ask(request: object): Promise<unknown> {
    const answer = this.answer();
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  async prepare(work: PeerWork): Promise<void> {
    await this.ask({ do: 'prepare', ...work });
  }

  /** What the recipe makes of an image, not rounded to 8 bits; `usm` sharpens it. */
  async check(image: SentImage, recipe: Recipe | 'usm'): Promise<SentImage> {
    return (await this.ask({ do: 'check', image, recipe })) as SentImage;
  }

  /** Degrades all that was prepared; milliseconds, measured by the peer itself. */
  async once(): Promise<number> {
    const { milliseconds } = (await this.ask({ do: 'once' })) as { milliseconds: number };
    return milliseconds;
  }

  async close(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin.end();
    await closed;
  }
}

export function sent(values: Float32Array, shape: number[]): SentImage {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { shape, values: bytes.toString('base64') };
}

export function received(image: SentImage): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(image.values, 'base64')).buffer);
}
