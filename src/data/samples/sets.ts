/** The sets of sample photographs and the packages that they come from. */
import { cacheFolder } from '../cache.ts';
import { furtherHeldout } from './further-heldout.ts';
import { type Sample, type SampleRole, type SampleTable, samplesOf } from './table.ts';
import { table as digikam } from './tables/digikam-data.ts';
import { table as endlessSky } from './tables/endless-sky-high-dpi.ts';
import { table as gcompris } from './tables/gcompris-qt-data.ts';
import { table as lomiri16 } from './tables/lomiri-wallpapers-16.04.ts';
import { table as lomiri20 } from './tables/lomiri-wallpapers-20.04.ts';
import { table as lxqt } from './tables/lxqt-themes.ts';
import { table as mate } from './tables/mate-backgrounds.ts';
import { table as palapeli } from './tables/palapeli-data.ts';
import { table as plasma } from './tables/plasma-workspace-wallpapers.ts';
import { table as scipy } from './tables/python3-scipy.ts';
import { table as skimage } from './tables/python3-skimage.ts';
import { table as sklearn } from './tables/python3-sklearn.ts';

/**
 * `test` is small (30 MB), `demo` is enough to train on (214 MB), `full` has all training photographs
 * (425 MB), `study` has more held-out ones too, and other ones for validation (656 MB).
 */
export const sampleSets = ['test', 'demo', 'full', 'study'] as const;
export type SampleSet = (typeof sampleSets)[number];

const heldout = [lomiri16, lomiri20, palapeli, digikam, skimage, scipy, sklearn];

const full = [endlessSky, gcompris, plasma, mate, lxqt, ...heldout];

const tables: Record<SampleSet, SampleTable[]> = {
  test: [lxqt, palapeli, sklearn],
  demo: [endlessSky, ...heldout],
  full,
  study: [...full, ...furtherHeldout],
};

/** The test set has no validation photographs of its own: one of its training photographs serves. */
const validationOfTest = 'usr/share/lxqt/wallpapers/flowers.png';

export function tablesOf(set: SampleSet): SampleTable[] {
  return tables[set];
}

/**
 * A study compares networks by photographs of other packages than it trains on, and so must the probes
 * that its rules go by: their content would otherwise count for what more data of a task can give.
 */
const validationOfStudy = [plasma, mate, lxqt].map((table) => table.package);

/** What role a photograph of a package has in a set. */
export function roleIn(
  set: SampleSet,
  sample: Pick<Sample, 'role' | 'path'> & { package: string },
): SampleRole {
  if (set === 'test' && sample.path === validationOfTest) return 'validation';
  if (set !== 'study' || sample.role === 'heldout') return sample.role;
  return validationOfStudy.includes(sample.package) ? 'validation' : 'train';
}

/** How many photographs a set has when every package is there in the version of its table. */
export function expectedCounts(set: SampleSet): Record<SampleRole, number> {
  const counts = { train: 0, validation: 0, heldout: 0 };
  for (const table of tables[set])
    for (const sample of samplesOf(table)) counts[roleIn(set, { ...sample, ...table })]++;
  return counts;
}

/** Everything about samples is below this folder. The version changes with the tables. */
export function samplesRoot(): string {
  return cacheFolder('samples', 'v1');
}

/** The folder of photographs (PNG) of one role; fetchSamples fills it. */
export function sampleFolder(role: SampleRole, set: SampleSet): string {
  return `${samplesRoot()}/${set}/${role}`;
}
