/** Puts a run together from its configuration. */
import { Balancer } from '../balance/balancer.ts';
import type { BalanceConfig } from '../balance/config.ts';
import { balanceRule } from '../balance/rules/index.ts';
import { BatchSource } from './batches.ts';
import { identityOf, requireAllowed } from './config-change.ts';
import { CropDrawer } from './crops.ts';
import {
  isSpecialistPlan,
  measureInRun,
  measurementFiles,
  specialistStepsOf,
  tryMemoryOfSpecialists,
} from './measure-tasks.ts';
import { type MemoryWishes, reserveMemory } from './memory.ts';
import type { NetworkFiles } from './network-files.ts';
import { readReferences, readTransfer } from './references.ts';
import { alignmentSamples, measuredInRuns, ruleMeasures } from './rule-measures.ts';
import { type MeasureTasks, type References, Run, type RunParts } from './run.ts';
import type { RunFolder } from './run-folder.ts';
import { RunLog } from './run-log.ts';
import { loggedStep } from './state.ts';
import { transferPlanOf } from './transfer-plan.ts';
import { cropSource, type Workshop } from './workshop.ts';

/** What the run's photosId stands for. */
function identified({ space, groups }: Workshop): string {
  const parts = ['photographs', ...(space.name === 'realsr' ? ['kernels', 'noise'] : [])];
  const all = groups ? [...parts, 'groups of recipes'] : parts;
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} or ${all.at(-1)}` : 'photographs';
}

/**
 * The run that stands in `folder`, ready for the loop.
 * @param allowChange keys whose change is allowed when resuming
 * @param files what its networks begin with (readNetworkFiles)
 */
export async function openRun(
  workshop: Workshop,
  folder: RunFolder,
  allowChange: readonly string[],
  files: NetworkFiles,
): Promise<Run> {
  const { config, observer, photosId: id } = workshop;
  const { resumed } = folder;
  if (resumed && resumed.state.photos !== id) {
    const change = {
      key: 'images',
      before: `the ${identified(workshop)} of the run`,
      now: 'other ones',
    };
    requireAllowed([change], allowChange);
  }
  const makeBalancer = await balancerMaker(workshop);
  const trainers = workshop.createTrainers(files);
  const { trainer, discriminator } = trainers;
  await reserveMemory(config, trainers, memoryWishes(workshop));
  const measures = await ruleMeasures(workshop, cropSource(workshop));
  const crops = new CropDrawer(cropSource(workshop), workshop.cropOptions);
  const log = new RunLog(
    {
      folder: folder.path,
      tensorboard: config.log.tensorboard,
      warn: (code, text) => observer.warn(code, text),
    },
    resumed && loggedStep(resumed.state),
  );
  const parts: RunParts = {
    config,
    network: workshop.network,
    folder,
    log,
    observer,
    trainer,
    discriminator,
    weights: 'ema',
    batches: new BatchSource(makeBalancer(null), { ...workshop.batchOptions, crops }),
    probes: workshop.probes,
    photoNames: workshop.photos.training.photos.map(({ name }) => name),
    identity: identityOf(config),
    photos: id,
    makeBalancer,
    ...(measures ? { measures } : {}),
  };
  const { needs } = balanceRule(config.balance.rule);
  const measuring =
    (steps: number): MeasureTasks =>
    (start, control) =>
      measureInRun(workshop, { start, control, steps, files: measurementFiles(folder.path) });
  const referenceSteps = specialistStepsOf(config);
  const transferSteps = transferPlanOf(config)?.specialistSteps;
  if (referenceSteps && needs.includes('references'))
    parts.measureReferences = measuring(referenceSteps);
  if (transferSteps && needs.includes('transfer')) parts.measureTransfer = measuring(transferSteps);
  if (parts.measureReferences || parts.measureTransfer) await tryMemoryOfSpecialists(workshop);
  const run = new Run(parts);
  if (resumed) await run.restore(resumed);
  else await parts.batches.restart(run.balancer);
  return run;
}

/** What a run's measurements need of memory beside its steps. */
export function memoryWishes({ config, tasks, probes }: Workshop): MemoryWishes {
  const measured = probes.atOnce;
  const samples = alignmentSamples(config);
  if (samples === 0) return { measured };
  const { lqSize } = config.training;
  const pair = 3 * (lqSize ** 2 + (lqSize * config.scale) ** 2) * Float32Array.BYTES_PER_ELEMENT;
  const alignedTasks = tasks.length;
  return { measured, alignedTasks, alignedBytes: alignedTasks * samples * pair };
}

/** Makes the run's balancer from references that were measured, or else from those of the config. */
async function balancerMaker({ config, tasks, groups }: Workshop) {
  const { balance, seed, training } = config;
  const taskIds = tasks.map((task) => task.id);
  const { references: wanted, transfer } = balance;
  const given =
    typeof wanted === 'string'
      ? await readReferences(wanted, taskIds)
      : isSpecialistPlan(wanted)
        ? null
        : wanted;
  const isPlan = transferPlanOf(config) !== null;
  const matrix =
    typeof transfer === 'string'
      ? await readTransfer(transfer, taskIds)
      : isPlan
        ? null
        : (transfer as BalanceConfig['transfer']);
  return (measured: References | null): Balancer =>
    new Balancer(tasks, {
      config: {
        ...balance,
        references: measured ?? given,
        transfer: matrix,
        groups: groups?.counts ?? null,
      },
      seed,
      batchSize: training.batchSize,
      provides: isPlan ? [...measuredInRuns, 'transfer'] : measuredInRuns,
    });
}
