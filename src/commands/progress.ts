import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';

const barCells = 24;
const redrawMs = 100;
const plainEveryMs = 15_000;

/**
 * One bar on stderr: redrawn in place when people watch, a line now and then when not, nothing with
 * `--json`. The function that is returned takes how far it is; call it with nothing to end the bar.
 */
export function progressBar(output: Output, title: string) {
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const started = performance.now();
  return (now?: { done: number; total: number; bytes?: number }) => {
    if (output.json) return;
    if (!now) {
      if (drawn) process.stderr.write('\r\x1b[2K');
      drawn = false;
      return;
    }
    const time = performance.now();
    const wait = output.interactive ? redrawMs : plainEveryMs;
    if (time - (last > 0 ? last : started - (output.interactive ? wait : 0)) < wait) return;
    last = time;
    const { done, total, bytes } = now;
    const part = total > 0 ? done / total : 1;
    const volume = bytes === undefined ? '' : `, ${formatBytes(bytes)}`;
    const text = `${title} ${done}/${total}${volume}`;
    if (!output.interactive) return output.note(text);
    const full = Math.round(part * barCells);
    process.stderr.write(`\r\x1b[2K${'█'.repeat(full)}${'░'.repeat(barCells - full)} ${text}`);
    drawn = true;
  };
}
