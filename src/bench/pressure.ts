import { readFileSync } from 'node:fs';

/** Above this many percent something else is running, and figures are not kept. */
export const busyAbove = 5;

/** The text of Linux's pressure file; throws where there is none. */
export type PressureReader = () => string;

const readPressure: PressureReader = () => readFileSync('/proc/pressure/cpu', 'utf8');

/** Percent of the last ten seconds in which somebody waited for a CPU; NaN where the system does not say. */
export function cpuPressure(read: PressureReader = readPressure): number {
  let text: string;
  try {
    text = read();
  } catch {
    return Number.NaN;
  }
  return Number(/^some avg10=([\d.]+)/m.exec(text)?.[1]);
}
