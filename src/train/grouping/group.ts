/** TGSR's procedure from a checkpoint: fixed recipes, indicator, flags, groups. */
import { flaggedRecipes, groupRecipes } from '../../balance/grouping.ts';
import { taskOf } from '../../degradation/task.ts';
import { native } from '../../native.ts';
import { identityOf } from '../config-change.ts';
import { keyOfStart } from '../fine-tune.ts';
import type { Control } from '../signals.ts';
import type { TrainerState } from '../trainer-state.ts';
import type { Workshop } from '../workshop.ts';
import { GroupBench, type Watch } from './bench.ts';
import { type GroupSettings, type GroupsContent, groupsText, readGroups, spaceId } from './file.ts';
import { GroupJournal } from './journal.ts';

/** How far a grouping is. */
export type GroupProgress =
  | { phase: 'indicator'; recipe: number; recipes: number; step: number; steps: number }
  | { phase: 'indicated'; recipe: number; recipes: number; indicator: number | null }
  | { phase: 'joint'; threshold: number; recipes: number; step: number; steps: number }
  | { phase: 'round'; threshold: number; recipes: number; group: number };

export interface GroupOptions {
  workshop: Workshop;
  start: TrainerState;
  checkpoint: GroupsContent['checkpoint'];
  settings: GroupSettings;
  /** Where the groups are written. What is found on the way is kept beside it. */
  file: string;
  control: Control;
  onProgress(progress: GroupProgress): void;
}

/**
 * Finds the groups and writes them; a file that the same start and settings gave is only read.
 * @returns nothing when it was stopped: the next call goes on with the recipe, or the round, that was not
 *   finished
 * @throws E_DISK, E_MEMORY
 */
export async function findGroups(options: GroupOptions): Promise<GroupsContent | undefined> {
  const { workshop, start, settings, file } = options;
  const identity = identityOf(workshop.config) + workshop.photosId;
  const key = await keyOfStart(start, { identity, ...settings });
  const earlier = await readGroups(file).catch(() => undefined);
  if (earlier?.key === key) return earlier;
  const journal = await GroupJournal.open(`${file}.part`, key);
  const bench = await GroupBench.open(workshop, start, settings);
  try {
    const found = await search({ ...options, bench, journal });
    if (!found) return undefined;
    const content = contentOf(options, key, { bench, ...found });
    await native.writeFileDurably(file, [Buffer.from(groupsText(content))]);
    await journal.remove();
    return content;
  } finally {
    bench.dispose();
  }
}

type Search = GroupOptions & { bench: GroupBench; journal: GroupJournal };
type Found = Pick<GroupsContent, 'flagged' | 'rounds'> & {
  indicators: (number | null)[];
  psnr: ReadonlyMap<number, number | null>;
};

async function search(all: Search): Promise<Found | undefined> {
  const { settings } = all;
  const indicators = await findIndicators(all);
  if (!indicators) return undefined;
  const flagged = flaggedRecipes(indicators, settings.flag);
  const psnr = await psnrBefore(flagged, all);
  if (!psnr) return undefined;
  const rounds = await groupRecipes(flagged, settings.thresholds, (recipes, round) =>
    gainsOf(recipes, { ...all, psnr, threshold: settings.thresholds[round] as number }),
  );
  if (!rounds) return undefined;
  for (const { threshold, recipes, group } of rounds) {
    all.onProgress({ phase: 'round', threshold, recipes: recipes.length, group: group.length });
  }
  return {
    indicators,
    psnr,
    flagged,
    rounds: rounds.map(({ threshold, recipes, gains, group }) => ({
      threshold,
      recipes: [...recipes],
      gains: [...gains],
      group: [...group],
    })),
  };
}

async function findIndicators({
  bench,
  journal,
  settings,
  control,
  onProgress,
}: Search): Promise<(number | null)[] | undefined> {
  const indicators: (number | null)[] = [];
  const { recipes, steps } = settings;
  for (let recipe = 0; recipe < recipes; recipe++) {
    let step = 0;
    const watch: Watch = {
      onStep: () => onProgress({ phase: 'indicator', recipe, recipes, step: ++step, steps }),
      stopping: () => control.stopping,
    };
    let indicator = journal.indicator(recipe);
    if (indicator === undefined) {
      indicator = await bench.indicator(recipe, watch);
      if (indicator === undefined) return undefined;
      await journal.addIndicator(recipe, indicator);
      onProgress({ phase: 'indicated', recipe, recipes, indicator });
    }
    indicators.push(indicator);
  }
  return indicators;
}

async function psnrBefore(
  flagged: readonly number[],
  { bench, control }: Search,
): Promise<Map<number, number | null> | undefined> {
  const before = new Map<number, number | null>();
  for (const recipe of flagged) {
    if (control.stopping) return undefined;
    before.set(recipe, await bench.psnr(recipe, 'still'));
  }
  return before;
}

async function gainsOf(
  recipes: readonly number[],
  {
    bench,
    journal,
    settings,
    control,
    onProgress,
    psnr,
    threshold,
  }: Search & { psnr: ReadonlyMap<number, number | null>; threshold: number },
): Promise<readonly (number | null)[] | undefined> {
  const known = journal.gains(recipes);
  if (known) return known;
  const steps = settings.jointSteps;
  let step = 0;
  const trained = await bench.train(recipes, {
    onStep: () =>
      onProgress({ phase: 'joint', threshold, recipes: recipes.length, step: ++step, steps }),
    stopping: () => control.stopping,
  });
  if (!trained) return undefined;
  const gains: (number | null)[] = [];
  for (const recipe of recipes) {
    if (control.stopping) return undefined;
    const [before, after] = [psnr.get(recipe) ?? null, await bench.psnr(recipe, 'learner')];
    gains.push(before === null || after === null ? null : after - before);
  }
  await journal.addGains(recipes, gains);
  return gains;
}

function contentOf(
  { workshop, checkpoint, settings }: GroupOptions,
  key: string,
  { bench, indicators, psnr, flagged, rounds }: Found & { bench: GroupBench },
): GroupsContent {
  const { space, tasks, config } = workshop;
  return {
    version: 1,
    evensr: native.info().version,
    key,
    scale: config.scale,
    space: { name: space.name, sha256: spaceId(space) },
    checkpoint,
    settings,
    recipes: bench.recipes.map((recipe, at) => ({
      task: taskOf(recipe, tasks).id,
      indicator: indicators[at] ?? null,
      psnr: psnr.get(at) ?? null,
      recipe,
    })),
    flagged,
    rounds,
  };
}
