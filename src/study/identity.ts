/** Whether a run is done, begun, or was made of something else: by the contents of all that it comes from. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { native } from '../native.ts';
import { CheckpointFolder } from '../train/checkpoint-folder.ts';
import type { TrainConfig } from '../train/config.ts';
import { type ConfigChange, configChanges } from '../train/config-change.ts';
import { isMapping } from '../train/config-yaml.ts';

/** Everything that a result depends on, as plain data; files stand there by their contents. */
export type Parts = Readonly<Record<string, unknown>>;

/** Keys whose values are paths, or change no result. */
const apart = new Set([
  ...['name', 'images.train', 'images.validation', 'network.weights', 'checkpoint', 'log'],
  ...['balance.references', 'balance.transfer', 'balance.groups', 'balance.natural'],
  ...['training.threads', 'training.replayEvery', 'validation.pictures'],
]);

/** What is left of a configuration; keys at null are as good as not there, so new ones change nothing. */
function resultKeys(node: unknown, path = ''): unknown {
  if (!isMapping(node)) return node;
  const kept = Object.entries(node).flatMap(([name, value]): [string, unknown][] => {
    const key = path === '' ? name : `${path}.${name}`;
    const isFile = apart.has(key) && (typeof value === 'string' || !key.startsWith('balance.'));
    return isFile || value === null ? [] : [[name, resultKeys(value, key)]];
  });
  return Object.fromEntries(kept);
}

/** SHA-256 of a file. */
export function hashOfFile(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * What a run comes from.
 * @param photos ids of the photographs
 * @param files what was given to it, by what it is; null for what it was not given, which is as good as not named
 */
export function partsOf(
  config: TrainConfig,
  photos: Parts,
  files: Readonly<Record<string, string | null>>,
): Parts {
  const { version } = native.info();
  const given = Object.entries(files).filter(([, hash]) => hash !== null);
  return {
    ...{ evensr: version, config: resultKeys(config), photos },
    files: Object.fromEntries(given),
  };
}

/** Stands for all parts. */
export function hashOfParts(parts: Parts): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export type RunState =
  | { kind: 'new' | 'begun' | 'done' }
  | { kind: 'changed'; changes: readonly ConfigChange[] };

function readParts(file: string): Parts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Parts;
  } catch {
    return undefined;
  }
}

/**
 * How a run stands whose parts were written to `file` before its first step. A run folder without such a
 * file is somebody else's.
 */
export function stateOf(
  run: { folder: string; file: string; steps: number },
  parts: Parts,
): RunState {
  const known = readParts(run.file);
  if (!known && !existsSync(run.folder)) return { kind: 'new' };
  const changes = configChanges(known ?? {}, JSON.parse(JSON.stringify(parts)));
  if (changes.length > 0) return { kind: 'changed', changes };
  const last = new CheckpointFolder(`${run.folder}/checkpoints`).file(run.steps);
  return { kind: existsSync(last) ? 'done' : 'begun' };
}
