/** What of a configuration may change when a run is resumed. */
import { createHash } from 'node:crypto';
import { EvensrError, exitCodes } from '../errors.ts';
import type { NetworkConfig } from '../network/build.ts';
import type { TrainConfig } from './config.ts';
import { isMapping } from './config-yaml.ts';

/**
 * Keys (or groups) that a resumed run can have other values of, when the user allows it by name; `evensr`
 * is the version that the run was made with. All others give the saved weights, quotas or random draws
 * their meaning.
 */
const changeable = [
  'evensr',
  'name',
  'images',
  'balance.natural',
  'degradation.kernels',
  'degradation.noiseBank',
  'network.weights',
  'discriminator.weights',
  'discriminator.learningRate',
  'training.loss.perceptual.weights',
  'training.steps',
  'training.accumulate',
  'training.learningRate',
  'training.schedule',
  'training.warmup',
  'training.device',
  'training.threads',
  'training.precision',
  'training.maxSkips',
  'training.replayEvery',
  'validation.pictures',
  'checkpoint',
  'log',
];

export interface ConfigChange {
  /** Dotted path. */
  key: string;
  /** Values as JSON; undefined where the key is absent. */
  before: string | undefined;
  now: string | undefined;
}

function flat(value: unknown, key = ''): [string, string][] {
  if (!isMapping(value)) return [[key, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    flat(inner, key ? `${key}.${name}` : name),
  );
}

const covers = (group: string, key: string): boolean =>
  key === group || key.startsWith(`${group}.`);
const isChangeable = (key: string): boolean => changeable.some((group) => covers(group, key));

/** The keys whose values differ, sorted. */
export function configChanges(before: object, now: object): ConfigChange[] {
  const [old, fresh] = [new Map(flat(before)), new Map(flat(now))];
  const keys = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return keys
    .map((key) => ({ key, before: old.get(key), now: fresh.get(key) }))
    .filter((change) => change.before !== change.now);
}

/**
 * Throws E_CONFIG_CHANGED (exit code 9) with the differences unless all of them are allowed.
 * @param allowed keys or groups of keys
 */
export function requireAllowed(changes: readonly ConfigChange[], allowed: readonly string[]): void {
  const refused = changes.filter(
    ({ key }) => !isChangeable(key) || !allowed.some((group) => covers(group, key)),
  );
  if (refused.length === 0) return;
  const fixed = refused.filter(({ key }) => !isChangeable(key));
  const diff = refused.map(({ key, before, now }) => `${key}: ${before} -> ${now}`).join('; ');
  const hint =
    fixed.length > 0
      ? `${fixed.map(({ key }) => key).join(', ')} cannot change within a run; start another with another --output`
      : `allow it with ${refused.map(({ key }) => `--allow-change ${key}`).join(' ')}`;
  throw new EvensrError(
    'E_CONFIG_CHANGED',
    exitCodes.invalidModel,
    `the configuration is not that of the run: ${diff}`,
    { hint },
  );
}

/** How the network is conditioned; null for one that is not, or cannot be. */
export function conditioningOf({ network }: TrainConfig) {
  return 'conditioning' in network ? network.conditioning : null;
}

/** What a checkpoint says of its network. */
export function networkOf({ scale, network }: TrainConfig): NetworkConfig {
  const { weights: _, ...built } = network;
  if (!('conditioning' in built)) return { scale, ...built };
  const { conditioning, ...plain } = built;
  if (!conditioning) return { scale, ...plain };
  const { severityWeight: __, ...sizes } = conditioning;
  return { scale, ...plain, conditioning: sizes };
}

/** Keys that came later: at null they leave the identity of a run as it was without them. */
const laterKeys = [
  'balance.objective',
  'balance.transfer',
  'balance.shares',
  'balance.groups',
  'network.conditioning',
];

/** Identifies all that may not change within a run. */
export function identityOf(config: TrainConfig): string {
  const fixed = flat(config).filter(
    ([key, value]) => !isChangeable(key) && !(laterKeys.includes(key) && value === 'null'),
  );
  return sha256(JSON.stringify(fixed.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * Identifies all that specialists depend on beside where they start, their tasks, seed and photographs:
 * runs with other rules, lengths or names share them.
 */
export function specialistIdentity(config: TrainConfig, network: NetworkConfig): string {
  const { images, degradation, training, validation, scale } = config;
  const { compat: _, poolSize: __, kernels: ___, noiseBank: ____, ...damage } = degradation;
  const { batchSize, lqSize, accumulate, precision, optimizer, clipNorm, emaDecay } = training;
  const { type, epsilon, weight, gtUsm } = training.loss;
  const { setAside, flip, rotate } = images;
  const parts = {
    ...{ scale, network, damage },
    images: { setAside: images.validation === null ? setAside : null, flip, rotate },
    training: { batchSize, lqSize, accumulate, precision, optimizer, clipNorm, emaDecay },
    loss: { type, epsilon, weight, gtUsm },
    probes: { samples: validation.samplesPerTask, border: validation.border },
    severityWeight: conditioningOf(config)?.severityWeight ?? null,
  };
  return sha256(JSON.stringify(flat(parts).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Identifies a list of photographs by their contents. */
export function photosId(photos: readonly { name: string; sha256: string }[]): string {
  return sha256(JSON.stringify(photos.map((photo) => [photo.name, photo.sha256])));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
