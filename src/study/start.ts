/** Checkpoints that the runs of a study begin with. */
import { join, resolve } from 'node:path';
import { CheckpointFolder } from '../train/checkpoint-folder.ts';
import type { TrainConfig } from '../train/config.ts';
import { asIs, configOf, type Shared } from './configs.ts';
import type { Keys } from './merge.ts';

/** What `tasks measure` and `tasks group` leave beside a checkpoint. */
export interface MeasuredFiles {
  references: string;
  transfer: string;
  groups: string;
  /** Folders of weights, TASK.safetensors each. */
  specialists: string;
  acceptance: string;
}

/** The checkpoint that runs of one network begin with. */
export interface StudyStart {
  /** Of the network. */
  id: string;
  /** Run folder of its training; null for a file of weights. */
  folder: string | null;
  config: TrainConfig;
  weights: string;
  measured: MeasuredFiles | null;
}

/** The start of all runs of one network. */
export function startOf(shared: Shared, network: Keys, id: string): StudyStart | null {
  const { start, measure, name } = shared.text.config;
  if (start === 'none') return null;
  const { folder } = shared.text;
  const decided = { name: `${name}-start`, seed: start.seed ?? 0 };
  const own = { network, balance: start.balance ?? asIs };
  if (start.weights !== undefined) {
    const config = configOf(shared, ['start'], { network }, decided);
    return { id, folder: null, config, weights: resolve(folder, start.weights), measured: null };
  }
  const steps = start.steps as number;
  const config = configOf(shared, ['start'], own, { ...decided, training: { steps } });
  const run = join(shared.output, 'start', id);
  const weights = new CheckpointFolder(join(run, 'checkpoints')).file(steps);
  const stem = weights.replace(/\.safetensors$/, '');
  const measured = {
    references: `${stem}.references.json`,
    transfer: `${stem}.transfer.json`,
    groups: `${stem}.groups.json`,
    specialists: `${stem}.specialists`,
    acceptance: `${stem}.acceptance`,
  };
  return { id, folder: run, config, weights, measured: measure && measured };
}
