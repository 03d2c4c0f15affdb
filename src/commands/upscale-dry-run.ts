import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Forecast, type ForecastOptions, forecast } from '../batch/forecast.ts';
import type { Plan } from '../batch/plan.ts';
import type { ItemReport } from '../batch/report.ts';
import { formatBytes } from './bytes.ts';
import { type Output, printable } from './output.ts';
import { duration, grouped, rate } from './screen/format.ts';

/** Lines of the plan that are shown. */
const shownItems = 20;

function itemLine(report: ItemReport): string {
  const { path, output, code, reason, width, height, outputWidth, outputHeight } = report;
  if (report.status === 'failed') return `${path}  ${code} ${reason}`;
  const size = width ? `  ${width}x${height} -> ${outputWidth}x${outputHeight}` : '';
  return `${path} -> ${output}${size}  (${reason})`;
}

/** Free bytes where the folder is or will be. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder) throw error;
    return await freeBytes(parent);
  }
}

const megapixels = (pixels: number): string => `${rate(pixels / 1e6)} MP`;

/** Shows what a run would do, and what it would take; nothing is written. */
export async function showForecast(
  plan: Plan,
  options: ForecastOptions,
  output: Output,
): Promise<Forecast> {
  let shown = 0;
  const sum = await forecast(plan, options, (report) => {
    output.document({
      ...report,
      status: report.status === 'not-reached' ? 'planned' : report.status,
    });
    if (report.status === 'skipped') return;
    if (++shown <= shownItems) output.line(printable(itemLine(report)));
  });
  if (shown > shownItems) output.line(`… and ${grouped(shown - shownItems)} more`);
  const free = await freeBytes(options.output);
  const speed = sum.toDo > 0 ? await options.upscaler.measureSpeed() : 0;
  const seconds = sum.toDo > 0 ? sum.inputPixels / speed : 0;
  const { toDo, unchanged, failing, inputPixels, outputPixels, diskBytes } = sum;
  output.line(
    `to do ${grouped(toDo)} | unchanged ${grouped(unchanged)} | failing ${grouped(failing)}`,
  );
  output.line(`pixels  ${megapixels(inputPixels)} -> ${megapixels(outputPixels)}`);
  output.line(`disk    about ${formatBytes(diskBytes)}, ${formatBytes(free)} free`);
  output.line(`time    about ${duration(seconds)}`);
  if (diskBytes > free)
    output.warn('W_DISK', `${options.output} may not have room for all outputs`);
  output.document({ event: 'plan', ...sum, freeBytes: free, seconds: Math.round(seconds) });
  return sum;
}
