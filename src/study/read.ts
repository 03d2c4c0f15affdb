/** A study file: read, completed and checked by itself. Its arms are checked in plan.ts. */
import { resolve } from 'node:path';
import { type SampleSet, sampleFolder } from '../data/samples/sets.ts';
import type { SampleRole } from '../data/samples/table.ts';
import { located, readKeys } from '../train/config.ts';
import { type Finding, findings } from '../train/config-issues.ts';
import { ConfigError } from '../train/config-problem.ts';
import type { YamlText } from '../train/config-yaml.ts';
import { flatKeys, type Keys } from './merge.ts';
import {
  type Photographs,
  type StudyConfig,
  studyJsonSchema,
  studySchema,
} from './study-schema.ts';

export interface StudyText {
  /** What messages call the file. */
  origin: string;
  /** Folder that relative paths in it are resolved against. */
  folder: string;
  text: YamlText;
  config: StudyConfig;
}

const armName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** Keys that the study decides on for all runs, and where it does. */
const taken: Readonly<Record<string, string>> = {
  name: 'runs are named by arm, budget and seed',
  seed: 'give seeds of the study',
  images: 'give images of the study',
  'training.steps': 'give budgets of the study',
  'network.weights': 'give start of the study',
  scale: 'all arms are scored on the same images: set it in base',
  degradation: 'all arms are scored on the same images: set it in base',
  tasks: 'all arms are scored on the same tasks: set it in base',
};

function takenKeys(arm: string, keys: Keys): Finding[] {
  return flatKeys(keys).flatMap(([key]): Finding[] => {
    const found = Object.entries(taken).find(([own]) => key === own || key.startsWith(`${own}.`));
    if (!found) return [];
    const [own, hint] = found;
    const path = ['arms', arm, ...own.split('.')];
    return [{ path, of: 'key', message: `${path.join('.')} is not for an arm to say`, hint }];
  });
}

/** Positions of what is in a list a second time. */
function doubles(key: 'seeds' | 'budgets', values: readonly number[]): Finding[] {
  return values.flatMap((value, at) =>
    values.indexOf(value) === at
      ? []
      : [{ path: [key, at], of: 'value' as const, message: `${key}: ${value} is there twice` }],
  );
}

function checkStart({ start, measure }: StudyConfig): Finding[] {
  const at = (key: string, message: string): Finding => {
    return { path: key.split('.'), of: 'value', message: `${key}: ${message}` };
  };
  if (start === 'none')
    return measure === null ? [] : [at('measure', 'needs a start: specialists begin there')];
  const { steps, weights, balance, seed } = start;
  if ((steps === undefined) === (weights === undefined))
    return [at('start', 'expected either steps or weights, or none')];
  if (weights === undefined) return [];
  const idle = Object.entries({ balance, seed }).find(([, value]) => value !== undefined);
  const found = idle ? [at(`start.${idle[0]}`, 'says nothing about a file of weights')] : [];
  if (measure === null) return found;
  return [...found, at('measure', 'needs start.steps: a file of weights cannot be trained on')];
}

/** What concerns several keys. */
function checkTogether(config: StudyConfig): Finding[] {
  const { arms, baseline, seeds, budgets } = config;
  const names = Object.keys(arms);
  const found = [...doubles('seeds', seeds), ...doubles('budgets', budgets), ...checkStart(config)];
  if (names.length === 0)
    found.push({ path: ['arms'], of: 'value', message: 'arms: there are none to compare' });
  for (const name of names) {
    if (armName.test(name)) found.push(...takenKeys(name, arms[name] ?? {}));
    else {
      const message = `arms.${name}: a name has letters, digits, dot, dash and underscore, at most 40`;
      found.push({ path: ['arms', name], of: 'key', message });
    }
  }
  if (baseline !== null && !names.includes(baseline)) {
    const message = `baseline: there is no arm ${baseline}`;
    found.push({ path: ['baseline'], of: 'value', message, hint: `arms: ${names.join(', ')}` });
  }
  return found;
}

/**
 * Reads the text of a study.
 * @throws ConfigError (E_CONFIG) with every mistake and its place
 */
export function readStudy(source: string, origin: string, folder: string): StudyText {
  const text = readKeys(source, origin, 'name, base, images, arms, seeds and budgets');
  const checked = studySchema.safeParse(text.value);
  const found = checked.success
    ? checkTogether(checked.data)
    : findings(checked.error.issues, text.value, [], studyJsonSchema);
  if (!checked.success || found.length > 0) {
    const place = ({ path, of }: Finding) => ({ origin, ...text.position(path, of) });
    throw new ConfigError(located(found, place));
  }
  return { origin, folder, text, config: checked.data };
}

const roles = { train: 'train', heldOut: 'heldout', validation: 'validation' } as const;

export interface StudyImages {
  train: string;
  heldOut: string;
  validation: string | null;
}

/** Folders of the photographs; those of sample sets are there once the sets are fetched. */
export function imageFolders({ config, folder }: StudyText): StudyImages {
  const of = (value: Photographs, role: SampleRole): string =>
    typeof value === 'string' ? resolve(folder, value) : sampleFolder(role, value.samples);
  const { train, heldOut, validation } = config.images;
  return {
    train: of(train, roles.train),
    heldOut: of(heldOut, roles.heldOut),
    validation: validation && of(validation, roles.validation),
  };
}

/** Sets of sample photographs that the study names. */
export function sampleSetsOf({ images }: Pick<StudyConfig, 'images'>): SampleSet[] {
  const named = Object.values(images).flatMap((value) =>
    typeof value === 'object' && value !== null ? [value.samples] : [],
  );
  return [...new Set(named)];
}
