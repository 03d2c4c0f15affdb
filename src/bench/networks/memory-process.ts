/** Does the work of one request (memory.ts) and sends the parent how much memory that took. */
import { existsSync, readFileSync } from 'node:fs';
import { native } from '../../native.ts';
import type { MemoryRequest } from './memory.ts';
import { OwnNetwork } from './own.ts';
import { NetworkWork } from './work.ts';

/**
 * A line of Linux's /proc/self/status in bytes; 0 where there is no such file. getrusage's maximum would
 * count the parent's memory.
 */
function statusBytes(field: 'VmRSS' | 'VmHWM'): number {
  if (!existsSync('/proc/self/status')) return 0;
  const status = readFileSync('/proc/self/status', 'utf8');
  return 1024 * Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]);
}

process.once('message', async ({ found, threads, rounds }: MemoryRequest) => {
  native.info();
  const before = statusBytes('VmRSS');
  const work = new NetworkWork(found, threads);
  const own = await OwnNetwork.start(work);
  for (let round = 0; round < rounds; round++) await own.once();
  own.dispose();
  work.dispose();
  process.send?.({ before, peak: statusBytes('VmHWM') });
  process.disconnect();
});
