/** A contender in a process of its own: JSON lines on its stdin and stdout (benchmarks/peers). */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface PeerOptions {
  /** The Python to run it with. */
  python: string;
  threads: number;
  /** Let glibc give freed memory back, as it does by itself: what memory is measured with. */
  plainMemory?: boolean;
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
  /** Its name. */
  readonly peer: string;

  constructor(peer: string, reason: string) {
    super(reason);
    this.peer = peer;
  }
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** One contender. Requests are answered one after the other. */
export abstract class PeerProcess<Name extends string = string> {
  readonly name: Name;
  version = '';
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly waiting: Waiting[] = [];
  private complaint = '';
  private ended: PeerError | undefined;

  /** `script`: its file in benchmarks/peers. */
  protected constructor(
    name: Name,
    script: string,
    { python, threads, plainMemory = false }: PeerOptions,
  ) {
    this.name = name;
    this.child = spawn(python, [`${folder}${script}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...(plainMemory ? {} : keptMemory),
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

  /** Waits for its first line. Throws PeerError when Python or a module is not there. */
  protected async greeted(): Promise<this> {
    const hello = (await this.answer()) as { version: string };
    this.version = hello.version;
    return this;
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

  protected ask(what: string, request: object = {}): Promise<unknown> {
    const answer = this.answer();
    this.child.stdin.write(`${JSON.stringify({ do: what, ...request })}\n`);
    return answer;
  }

  /** Does what was prepared; milliseconds, measured by the peer itself. */
  async once(): Promise<number> {
    const { milliseconds } = (await this.ask('once')) as { milliseconds: number };
    return milliseconds;
  }

  async close(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin.end();
    await closed;
  }
}
