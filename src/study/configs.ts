/** Configurations of a study's trainings: the base, the keys of an arm over it, and what the study decides. */
import { createHash } from 'node:crypto';
import {
  checkConfig,
  type Locate,
  prepareKeys,
  type RawConfig,
  type TrainConfig,
} from '../train/config.ts';
import { networkOf } from '../train/config-change.ts';
import type { Finding } from '../train/config-issues.ts';
import type { YamlText } from '../train/config-yaml.ts';
import { holds, type Keys, mergedKeys } from './merge.ts';
import type { StudyImages, StudyText } from './read.ts';

/** What all configurations of a study are made from. */
export interface Shared {
  text: StudyText;
  base: YamlText & { value: RawConfig };
  baseFile: string;
  images: StudyImages;
  output: string;
}

export const naturalRule = 'natural';

/** Where a key of an arm was written: in the study under `above`, or in the base. */
function locator({ text, base, baseFile }: Shared, above: readonly string[], own: Keys): Locate {
  return ({ path, of }: Finding) => {
    const inStudy = { origin: text.origin, ...text.text.position([...above, ...path], of) };
    if (holds(own, path) || !holds(base.value, path)) return inStudy;
    return { origin: baseFile, ...base.position(path, of) };
  };
}

/**
 * The complete configuration of the base with some keys, and what the study itself decides.
 * @param above where the keys stand in the study
 * @throws ConfigError with the place of every mistake, in the study or in the base
 */
export function configOf(
  shared: Shared,
  above: readonly string[],
  own: Keys,
  decided: Keys,
): TrainConfig {
  const raw = structuredClone(own) as RawConfig;
  prepareKeys(raw, shared.text.folder);
  const { train, validation } = shared.images;
  const images = { images: { train, validation } };
  const keys = [raw, images, decided].reduce<Keys>(
    (merged, layer) => mergedKeys(merged, layer),
    shared.base.value,
  );
  return checkConfig(structuredClone(keys) as RawConfig, locator(shared, above, raw));
}

/** Identifies a network by what it is built from; keys at null are as good as not there. */
export function networkId(config: TrainConfig): string {
  const keys = Object.entries(networkOf(config)).filter(([, value]) => value !== null);
  return createHash('sha256').update(JSON.stringify(keys.sort())).digest('hex').slice(0, 12);
}

/** Natural sampling, whatever the base has. */
export const asIs = {
  ...{ rule: naturalRule, references: null, constants: {} },
  ...{ objective: null, transfer: null, shares: null },
};
