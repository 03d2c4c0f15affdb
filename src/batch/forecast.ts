/** What a run would do, found out without writing anything. */

import { onDisk } from '../data/durable.ts';
import { textOfName } from '../data/names.ts';
import { openUnchanged } from '../data/read.ts';
import type { PictureInfo, WrittenFormat } from '../image/picture.ts';
import { bytesOfText, textOf } from './byte-name.ts';
import { type Decision, decideAll } from './decide.ts';
import { probeOpen } from './item.ts';
import { failureOf } from './item-error.ts';
import { Journal } from './journal.ts';
import { OutputTree } from './output-tree.ts';
import { targetOf } from './place.ts';
import { type Plan, type PlannedItem, stateFolder } from './plan.ts';
import type { ItemReport } from './report.ts';
import type { BatchOptions } from './run.ts';
import type { Shard } from './shard.ts';

export interface Forecast {
  toDo: number;
  unchanged: number;
  failing: number;
  inputPixels: number;
  outputPixels: number;
  /** Of all outputs together, about. */
  diskBytes: number;
}

/**
 * Bytes of a pixel (three channels of 8 bits, the usual quality), measured on photographs at twice their
 * size; larger factors take less.
 */
const pixelBytes: Record<WrittenFormat, number> = { png: 1.1, tiff: 1.1, jpeg: 0.25, webp: 0.1 };

export type ForecastOptions = Pick<
  BatchOptions,
  'output' | 'shard' | 'upscaler' | 'options' | 'settings' | 'overwrite' | 'maxPixels' | 'pictures'
>;

async function infoOf(
  item: PlannedItem,
  { pictures, maxPixels }: ForecastOptions,
): Promise<PictureInfo> {
  const file = await openUnchanged(item.photo);
  try {
    const options = { memory: Number.MAX_SAFE_INTEGER, scratch: '', maxPixels, pictures };
    return (await probeOpen(file, item, options)).info;
  } finally {
    await file.close();
  }
}

async function forecastOne(
  item: PlannedItem,
  decision: Decision,
  options: ForecastOptions,
  sum: Forecast,
): Promise<ItemReport> {
  const planned = { path: textOfName(item.photo.path), output: textOf(item.output) };
  if (decision.kind === 'unchanged') {
    sum.unchanged++;
    return { ...planned, status: 'skipped', reason: 'unchanged' };
  }
  if (decision.kind === 'refused') {
    sum.failing++;
    return { ...planned, status: 'failed', code: decision.code, reason: decision.reason };
  }
  try {
    const info = await infoOf(item, options);
    const result = options.upscaler.outputInfo(info, options.options);
    const { name, format } = targetOf(item, result);
    const pixels = result.width * result.height;
    sum.toDo++;
    sum.inputPixels += info.width * info.height;
    sum.outputPixels += pixels;
    sum.diskBytes += (pixelBytes[format] * pixels * result.channels * result.depth) / 24;
    return {
      path: planned.path,
      output: textOf(name),
      status: 'not-reached',
      reason: decision.reason,
      width: info.width,
      height: info.height,
      outputWidth: result.width,
      outputHeight: result.height,
    };
  } catch (error) {
    sum.failing++;
    const { code, reason, retry } = failureOf(error);
    return { ...planned, status: 'failed', code, reason, retry };
  }
}

function peekJournal(tree: OutputTree | undefined, shard: Shard): Journal {
  const state = tree?.folder(bytesOfText(stateFolder), 'leave');
  try {
    return Journal.peek(state, shard);
  } finally {
    state?.close();
  }
}

async function decisionsOf(
  plan: Plan,
  tree: OutputTree | undefined,
  { shard, settings, overwrite }: ForecastOptions,
): Promise<[PlannedItem, Decision][]> {
  const journal = peekJournal(tree, shard);
  const decided: [PlannedItem, Decision][] = [];
  const options = { journal, settings, overwrite };
  await decideAll(plan.items, tree, options, (...pair) => decided.push(pair));
  return decided;
}

/**
 * Looks at all pictures of the plan, at what is new of them also inside, up to their pixels. Throws E_DISK
 * and E_PATH where the output folder cannot be looked at.
 */
export async function forecast(
  plan: Plan,
  options: ForecastOptions,
  tell: (report: ItemReport) => void,
): Promise<Forecast> {
  const sum = {
    toDo: 0,
    unchanged: 0,
    failing: plan.refused.length,
    inputPixels: 0,
    outputPixels: 0,
    diskBytes: 0,
  };
  for (const { path, code, reason } of plan.refused)
    tell({ path, status: 'failed', code, reason, retry: false });
  const tree = OutputTree.open(options.output);
  try {
    const decided = await onDisk(options.output, () => decisionsOf(plan, tree, options));
    for (const [item, decision] of decided) tell(await forecastOne(item, decision, options, sum));
    return sum;
  } finally {
    tree?.close();
  }
}
