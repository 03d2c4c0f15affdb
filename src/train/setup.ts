/** Puts a run together from its configuration. */
import { join } from 'node:path';
import { Balancer } from '../balance/balancer.ts';
import type { BalanceConfig } from '../balance/config.ts';
import { balanceRule } from '../balance/rules/index.ts';
import type { Task } from '../degradation/region.ts';
import type { SeverityName } from '../degradation/severities.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { type NativeTrainer, native } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import { type BatchOptions, BatchSource } from './batches.ts';
import type { TrainConfig } from './config.ts';
import {
  conditioningOf,
  identityOf,
  networkOf,
  photosId,
  requireAllowed,
  specialistIdentity,
} from './config-change.ts';
import { CropDrawer, type CropOptions } from './crops.ts';
import { type OpenGroups, openGroups } from './grouping/open.ts';
import { type MemoryWishes, reserveMemory } from './memory.ts';
import type { NetworkFiles } from './network-files.ts';
import type { SpecialistProgress, TrainObserver } from './observer.ts';
import { type Banks, openRunSpace } from './open-space.ts';
import { openRunPhotos, type PhotoShare, type RunPhotos } from './photos.ts';
import { Probes } from './probe.ts';
import {
  keepMeasurement,
  type MeasurementFiles,
  readReferences,
  readTransfer,
  referencesOf,
} from './references.ts';
import { alignmentSamples, measuredInRuns, ruleMeasures } from './rule-measures.ts';
import {
  type MeasuredTasks,
  type MeasureTasks,
  type References,
  Run,
  type RunParts,
} from './run.ts';
import type { RunFolder } from './run-folder.ts';
import { RunLog } from './run-log.ts';
import type { Control } from './signals.ts';
import { type Specialist, SpecialistCache } from './specialist-cache.ts';
import { measureSpecialists } from './specialists.ts';
import { loggedStep } from './state.ts';
import type { TrainerState } from './trainer-state.ts';
import { createPixelTrainer, createTrainers, type RunTrainers } from './trainers.ts';
import { transferPlanOf } from './transfer-plan.ts';

/** What training and everything around it (specialists, plans) is made of; no run yet. */
export interface Workshop {
  config: TrainConfig;
  network: NetworkConfig;
  space: DegradationSpace;
  banks: Banks;
  tasks: readonly Task[];
  photos: RunPhotos;
  probes: Probes;
  /** Of fixed recipes, where the balance rule wants them. */
  groups: OpenGroups | null;
  observer: TrainObserver;
  /** Identifies the photographs. */
  photosId: string;
  batchOptions: Omit<BatchOptions, 'crops'>;
  cropOptions: CropOptions;
  /** Which processor trains: networks differ in rounding between them. */
  device: string;
  /** A trainer by the pixel loss alone, with random weights; default: of the run's own network. */
  createTrainer(network?: NetworkConfig): NativeTrainer;
  /** What the run itself trains, as it begins. */
  createTrainers(files: NetworkFiles): RunTrainers;
  dispose(): void;
}

/** Whether a loss compares with gt as it was before it was sharpened. */
function wantsPlainGt({ gtUsm, perceptual, gan }: TrainConfig['training']['loss']): boolean {
  return !gtUsm || perceptual?.gtUsm === false || gan?.gtUsm === false;
}

/** `auto` falls back to the CPU and says so; a device that was asked for and is missing is E_DEVICE. */
function chooseDevice(wanted: TrainConfig['training']['device'], observer: TrainObserver) {
  const { cuda } = native.info();
  if (wanted === 'cpu' || cuda.available) return wanted === 'cpu' ? 'cpu' : 'cuda';
  if (wanted === 'auto') {
    observer.note(`training on the CPU: no CUDA (${cuda.reason})`);
    return 'cpu';
  }
  throw new EvensrError('E_DEVICE', exitCodes.usage, `no CUDA device: ${cuda.reason}`, {
    hint: 'use --device cpu, or --device auto to fall back to it',
  });
}

/**
 * Opens photographs, cuts the space into tasks and makes the probes. The caller disposes it.
 * @throws E_DEVICE, E_CONFIG, E_TASK, E_TASK_EMPTY (exit code 2), E_DATA_… (3), E_DISK (5)
 */
export async function openWorkshop(
  config: TrainConfig,
  observer: TrainObserver,
): Promise<Workshop> {
  const { training, scale, seed, degradation } = config;
  const device = chooseDevice(training.device, observer);
  const threads = training.threads || native.info().threads;
  const network = networkOf(config);
  const opened = await openRunSpace(config, (code, text) => observer.warn(code, text));
  const { space, banks } = opened;
  const tasks = defineTasks(space, config.tasks.boundaries ?? undefined, { scale });
  const groups = await openGroups(config, { space, tasks, banks });
  const photos = await openRunPhotos(config, observer);
  const gtSize = training.lqSize * scale;
  const { usm, margin } = degradation;
  const shared = { tasks, space, banks, scale, gtSize, margin, usm, threads };
  const { validation } = photos;
  const probes = await probesOf(config, { tasks, space, banks, validation, observer });
  const machine = { device, threads, precision: training.precision };
  return {
    config,
    network,
    space,
    banks,
    tasks,
    photos,
    probes,
    groups,
    observer,
    photosId: photosId([
      ...photos.training.photos,
      ...validation.photos,
      ...bankPhotos(space),
      ...(groups ? [{ name: 'balance.groups', sha256: groups.sha256 }] : []),
    ]),
    batchOptions: {
      ...shared,
      pack: photos.training.pack,
      plainGt: usm && wantsPlainGt(training.loss),
      seed,
      batchSize: training.batchSize,
      compat: degradation.compat === 'none' ? null : { poolSize: degradation.poolSize },
      recipeOf: groups?.recipeOf ?? null,
      severities: conditioningOf(config)?.severities ?? [],
    },
    cropOptions: {
      seed,
      size: sideWithMargin(gtSize, margin, scale),
      flip: config.images.flip,
      rotate: config.images.rotate,
    },
    device,
    createTrainer: (other = network) => createPixelTrainer(config, machine, other),
    createTrainers: (files) => createTrainers(config, machine, files),
    dispose: () => {
      probes.dispose();
      photos.dispose();
      opened.dispose();
    },
  };
}

/** Kernels and noise are part of what a run was trained on. */
function bankPhotos(space: DegradationSpace): { name: string; sha256: string }[] {
  if (space.name !== 'realsr') return [];
  const { kernelBank, noiseBank } = space;
  return [
    ...(kernelBank ? [{ name: 'degradation.kernels', sha256: kernelBank.sha256 }] : []),
    ...(noiseBank ? [{ name: 'degradation.noiseBank', sha256: noiseBank.sha256 }] : []),
  ];
}

/** What the run's photosId stands for. */
function identified({ space, groups }: Workshop): string {
  const parts = ['photographs', ...(space.name === 'realsr' ? ['kernels', 'noise'] : [])];
  const all = groups ? [...parts, 'groups of recipes'] : parts;
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} or ${all.at(-1)}` : 'photographs';
}

/** The probes of a configuration on the photographs that are given. The caller disposes them. */
export function probesOf(
  config: TrainConfig,
  {
    tasks,
    space,
    banks,
    validation,
    observer,
  }: Pick<Workshop, 'tasks' | 'space' | 'banks' | 'observer'> & { validation: PhotoShare },
): Promise<Probes> {
  const { training, scale, degradation } = config;
  return Probes.create({
    tasks,
    space,
    banks,
    scale,
    gtSize: training.lqSize * scale,
    margin: degradation.margin,
    usm: degradation.usm,
    threads: training.threads || native.info().threads,
    pack: validation.pack,
    images: validation.images,
    sizes: validation.photos,
    samplesPerTask: config.validation.samplesPerTask,
    border: config.validation.border,
    warn: (code, text) => observer.warn(code, text),
  });
}

/** The photographs to train on, as CropDrawer takes them. */
export function cropSource({ photos }: Workshop) {
  return { images: photos.training.images, sizes: photos.training.photos };
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

/** Specialists come later, beside the run: whether there is room for them is better known at once. */
async function tryMemoryOfSpecialists({ config, createTrainer, probes }: Workshop): Promise<void> {
  const trainer = createTrainer();
  try {
    const measured = probes.atOnce;
    await reserveMemory(config, { trainer, discriminator: null }, { measured });
  } finally {
    trainer.dispose();
  }
}

/** Steps of each specialist when the run measures its references itself; else nothing. */
export function specialistStepsOf({ balance }: TrainConfig): number | undefined {
  const { references } = balance;
  return isSpecialistPlan(references) ? references.specialistSteps : undefined;
}

function isSpecialistPlan(
  references: TrainConfig['balance']['references'],
): references is { specialistSteps: number } {
  return typeof references === 'object' && references !== null && 'specialistSteps' in references;
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

/** A run keeps both of a measurement under these names in its folder. */
function measurementFiles(folder: string): MeasurementFiles {
  return {
    references: join(folder, 'references.json'),
    transfer: join(folder, 'transfer.json'),
  };
}

export interface MeasureOptions {
  start: TrainerState;
  control: Control;
  steps: number;
  /** Where references and transfer are kept; null keeps neither. */
  files: MeasurementFiles | null;
  /** What is trained; default: the run's own network. */
  network?: NetworkConfig;
  learningRate?: number;
  kind?: SpecialistProgress['kind'];
  /** Asks for the weights, too. */
  onSpecialist?(task: string, specialist: Specialist): Promise<void>;
}

/** Half of the run's first learning rate: a specialist goes on from weights that are already good. */
export const specialistRate = 0.5;

/** What the network estimates: another one than the run's may estimate nothing. */
function severitiesIn(network: NetworkConfig): readonly SeverityName[] {
  const names = 'conditioning' in network ? network.conditioning?.severities : undefined;
  return (names ?? []) as readonly SeverityName[]; // a checked configuration has no others
}

/** Measures specialists of all tasks with a trainer of its own. Nothing when it was stopped. */
export async function measureInRun(
  workshop: Workshop,
  options: MeasureOptions,
): Promise<MeasuredTasks | undefined> {
  const { config, observer, probes, batchOptions, cropOptions, tasks } = workshop;
  const { start, control, steps, files, kind, network = workshop.network, onSpecialist } = options;
  const { learningRate, accumulate } = config.training;
  const bicubic = await probes.bicubic();
  const lost = new Set<string>();
  const onLost = (file: string, reason: string) => {
    if (!lost.has(file)) observer.warn('W_REFERENCES', `${reason} - it is not kept on disk`);
    lost.add(file);
  };
  const trainer = workshop.createTrainer(network);
  try {
    const measured = await measureSpecialists({
      start,
      trainer,
      network,
      batches: { ...batchOptions, severities: severitiesIn(network) },
      crops: { source: cropSource(workshop), options: cropOptions },
      probes,
      accumulate,
      steps,
      learningRate: options.learningRate ?? learningRate * specialistRate,
      identity: specialistIdentity(config, network) + workshop.photosId + workshop.device,
      cache: new SpecialistCache(),
      keepWeights: onSpecialist !== undefined,
      onProgress: (progress) => observer.specialist({ ...progress, ...(kind ? { kind } : {}) }),
      onSpecialist: async (task, specialist, soFar) => {
        await onSpecialist?.(task, specialist);
        if (!files) return;
        const references = referencesOf(soFar.transfer, bicubic);
        const complete = Object.keys(soFar.transfer).length === tasks.length;
        await keepMeasurement(files, soFar, { references, complete, onLost });
      },
      stopping: () => control.stopping,
      warn: (code, text) => observer.warn(code, text),
    });
    return measured && { ...measured, references: referencesOf(measured.transfer, bicubic) };
  } finally {
    trainer.dispose();
  }
}
