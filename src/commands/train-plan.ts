import { formatTable } from '../report/table.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainObserver } from '../train/observer.ts';
import { planTraining, type TrainPlan } from '../train/plan.ts';
import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';
import { duration, grouped } from './screen/format.ts';

function rows({ parameters, photos, tasks, memory, disk, time }: TrainPlan): string[][] {
  const measured = `measured over ${time.timedSteps} steps`;
  return [
    ['parameters', grouped(parameters), ''],
    ['photographs', grouped(photos.training), `and ${grouped(photos.validation)} for the probes`],
    ['tasks', String(tasks), ''],
    ['memory', formatBytes(memory.resident), 'the whole process after the steps that were timed'],
    ['  state', formatBytes(memory.state), 'weights, moving average, moments, gradient'],
    ['  activations', formatBytes(memory.activations), 'of a step and of a measurement'],
    ['  batches', formatBytes(memory.batches), 'one that trains, one that is made'],
    ['  probes', formatBytes(memory.probes), ''],
    ['  photographs', formatBytes(memory.packs), 'mapped from the pack, not copied'],
    ['disk', formatBytes(disk.checkpoints + disk.metrics), `${formatBytes(disk.free)} free`],
    ['  checkpoint', formatBytes(disk.checkpoint), 'each'],
    ['  metrics', formatBytes(disk.metrics), 'estimate'],
    ['time', duration(time.total / 1000), `from the figures below, ${measured}`],
    ['  step', `${time.step.toFixed(1)} ms`, ''],
    ['  measurement', `${time.measurement.toFixed(0)} ms`, `${time.measurements} times`],
    ['  specialists', grouped(time.specialistSteps), 'steps to measure references or transfer'],
  ];
}

/** Shows what a run will need, and warns when the disk is too small for it. */
export async function showPlan(
  config: TrainConfig,
  folder: string,
  observer: TrainObserver,
  output: Output,
): Promise<void> {
  const plan = await planTraining(config, folder, observer);
  output.document(plan);
  const columns = [{ title: 'needs' }, { title: '', align: 'right' as const }, { title: '' }];
  for (const line of formatTable(columns, rows(plan))) output.line(line);
  const needed = plan.disk.checkpoints + plan.disk.metrics;
  if (needed > plan.disk.free) {
    output.warn(
      'W_DISK',
      `the run needs ${formatBytes(needed)}, ${formatBytes(plan.disk.free)} are free`,
    );
  }
}
