/** What training is made of, and everything around it: opened once, from the configuration. */
import type { Task } from '../degradation/region.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { chooseDevice } from '../device.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { type NativeTrainer, native } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import type { BatchOptions } from './batches.ts';
import type { TrainConfig } from './config.ts';
import { conditioningOf, networkOf, photosId } from './config-change.ts';
import type { CropOptions } from './crops.ts';
import { type OpenGroups, openGroups } from './grouping/open.ts';
import type { NetworkFiles } from './network-files.ts';
import type { TrainObserver } from './observer.ts';
import { type Banks, openRunSpace } from './open-space.ts';
import { openRunPhotos, type PhotoShare, type RunPhotos } from './photos.ts';
import { Probes } from './probe.ts';
import { createPixelTrainer, createTrainers, type RunTrainers } from './trainers.ts';

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

/**
 * Opens photographs, cuts the space into tasks and makes the probes. The caller disposes it.
 * @throws E_DEVICE, E_CONFIG, E_TASK, E_TASK_EMPTY (exit code 2), E_DATA_… (3), E_DISK (5)
 */
export async function openWorkshop(
  config: TrainConfig,
  observer: TrainObserver,
): Promise<Workshop> {
  const { training, scale, seed, degradation } = config;
  const device = chooseDevice(training.device, (text) => observer.note(`training ${text}`));
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
      device,
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
