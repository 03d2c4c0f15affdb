/** Specialists of a run's tasks, trained and measured in it or beside it. */
import { join } from 'node:path';
import type { SeverityName } from '../degradation/severities.ts';
import type { NetworkConfig } from '../network/build.ts';
import type { TrainConfig } from './config.ts';
import { specialistIdentity } from './config-change.ts';
import { reserveMemory } from './memory.ts';
import type { SpecialistProgress } from './observer.ts';
import { keepMeasurement, type MeasurementFiles, referencesOf } from './references.ts';
import type { MeasuredTasks } from './run.ts';
import type { Control } from './signals.ts';
import { type Specialist, SpecialistCache } from './specialist-cache.ts';
import { measureSpecialists } from './specialists.ts';
import type { TrainerState } from './trainer-state.ts';
import { cropSource, type Workshop } from './workshop.ts';

/** Steps of each specialist when the run measures its references itself; else nothing. */
export function specialistStepsOf({ balance }: TrainConfig): number | undefined {
  const { references } = balance;
  return isSpecialistPlan(references) ? references.specialistSteps : undefined;
}

export function isSpecialistPlan(
  references: TrainConfig['balance']['references'],
): references is { specialistSteps: number } {
  return typeof references === 'object' && references !== null && 'specialistSteps' in references;
}

/** A run keeps both of a measurement under these names in its folder. */
export function measurementFiles(folder: string): MeasurementFiles {
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

/** Specialists come later, beside the run: whether there is room for them is better known at once. */
export async function tryMemoryOfSpecialists({
  config,
  createTrainer,
  probes,
}: Workshop): Promise<void> {
  const trainer = createTrainer();
  try {
    const measured = probes.atOnce;
    await reserveMemory(config, { trainer, discriminator: null }, { measured });
  } finally {
    trainer.dispose();
  }
}
