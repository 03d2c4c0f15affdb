/** The memory that our own work takes, in a process that does nothing else. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MemoryPeak } from '../record.ts';
import type { NetworkCase } from './cases.ts';

export interface MemoryRequest {
  found: NetworkCase;
  threads: number;
  rounds: number;
}

const script = fileURLToPath(new URL('./memory-process.js', import.meta.url));

/** Throws Error when the process fails; what it says goes to stderr. */
export function ownMemory(request: MemoryRequest): Promise<MemoryPeak> {
  return new Promise((resolve, reject) => {
    const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (peak) => resolve(peak as MemoryPeak));
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`the process that measures memory ended with ${signal ?? code}`)),
    );
    child.send(request);
  });
}
