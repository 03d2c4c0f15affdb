/** Where networks and degradations run. */
import { devicePattern } from './device-name.ts';
import { EvensrError, exitCodes } from './errors.ts';
import { native } from './native.ts';

function problemOf(device: string): string | undefined {
  const { cuda, emulated } = native.info();
  if (device === 'cpu' || (device === 'emulated' && emulated)) return undefined;
  if (device === 'emulated') return 'it is only in builds for tests';
  if (!devicePattern.test(device)) return 'known: cpu, cuda, cuda:N';
  if (!cuda.available) return cuda.reason;
  const index = Number(device.split(':')[1] ?? 0);
  return index < cuda.devices.length ? undefined : `CUDA devices found: ${cuda.devices.length}`;
}

/**
 * The device that is wanted, or what `auto` stands for here; `note` tells when that is the CPU.
 * @throws E_DEVICE (exit code 2) for one that is not there
 */
export function chooseDevice(wanted: string, note: (text: string) => void): string {
  if (wanted === 'auto') {
    const { cuda } = native.info();
    if (!cuda.available) note(`on the CPU: no CUDA (${cuda.reason})`);
    return cuda.available ? 'cuda' : 'cpu';
  }
  const problem = problemOf(wanted);
  if (problem === undefined) return wanted;
  throw new EvensrError('E_DEVICE', exitCodes.usage, `device ${wanted} is not there: ${problem}`, {
    hint: 'use --device cpu, or --device auto to fall back to it',
  });
}
