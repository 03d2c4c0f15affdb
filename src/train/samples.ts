/** Pictures of what the network makes of some probes, saved at every measurement. */
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import type { NativeBatch, NativeTrainer, WeightSet } from '../native.ts';
import { renderSheet, type SheetCell } from '../report/sheet.ts';
import type { Probes, TaskPsnr } from './probe.ts';

export interface SampleOptions {
  trainer: NativeTrainer;
  weights: WeightSet;
  probes: Probes;
  psnr: TaskPsnr;
  step: number;
  /** Number of pictures; spread over the tasks. */
  count: number;
}

interface Chosen {
  pairs: NativeBatch;
  index: number;
  taskId: string;
  name: string;
}

/** The first probe of each of `count` tasks, or more probes a task when there are fewer tasks. */
function choose(probes: Probes, taskIds: readonly string[], count: number): Chosen[] {
  const wanted = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const spread = count < taskIds.length ? Math.floor((i * taskIds.length) / count) : i;
    const id = taskIds[spread % taskIds.length] as string;
    wanted.set(id, (wanted.get(id) ?? 0) + 1);
  }
  const chosen: Chosen[] = [];
  for (const sample of probes.samples()) {
    const left = wanted.get(sample.taskId) ?? 0;
    if (left > 0) chosen.push(sample);
    wanted.set(sample.taskId, left - 1);
  }
  return chosen;
}

/** A PNG: a row of lq, network and gt for every chosen probe. */
export async function sampleSheet(options: SampleOptions): Promise<Buffer> {
  const { trainer, weights, probes, psnr, step, count } = options;
  const cells: SheetCell[] = [];
  for (const { pairs, index, taskId, name } of choose(probes, Object.keys(psnr), count)) {
    const lqShape = { height: pairs.lqHeight, width: pairs.lqWidth };
    const gtShape = { height: pairs.gtHeight, width: pairs.gtWidth };
    const size = 3 * lqShape.height * lqShape.width;
    const lq = pairs.lq().slice(index * size, (index + 1) * size);
    const sr = await trainer.forward(lq, { batch: 1, ...lqShape }, weights);
    const mean = psnr[taskId];
    cells.push(
      { image: imageOfBatch(lq, 0, lqShape).image, label: taskId, detail: name },
      cell(
        imageOfBatch(sr, 0, gtShape).image,
        mean === null || mean === undefined ? '' : `task mean ${mean.toFixed(2)} dB`,
      ),
      cell(imageOfBatch(pairs.gt(), index, gtShape).image, ''),
    );
  }
  return renderSheet({
    title: `step ${step}`,
    columns: 3,
    headings: ['lq', 'network', 'gt'],
    cells,
  });
}

function cell(image: RgbImage, detail: string): SheetCell {
  return { image, label: '', detail };
}
