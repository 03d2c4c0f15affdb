/** What a study consists of: starts, arms and runs, each with its complete configuration. */

import { dirname, isAbsolute, join, resolve } from 'node:path';
import { balanceDefaults } from '../balance/config.ts';
import type { BalanceRule } from '../balance/rule.ts';
import { balanceRules } from '../balance/rules/index.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { prepareKeys, readConfigText, readKeys, type TrainConfig } from '../train/config.ts';
import { ConfigError, type ConfigProblem } from '../train/config-problem.ts';
import { asIs, configOf, naturalRule, networkId, type Shared } from './configs.ts';
import { flatKeys, type Keys, mergedKeys } from './merge.ts';
import { imageFolders, readStudy, type StudyImages } from './read.ts';
import { type StudyStart, startOf } from './start.ts';
import type { StudyConfig } from './study-schema.ts';

export type { StudyStart } from './start.ts';

/** Keys of `balance` that name a file of something measured, which a study can hand to a rule. */
export const givenKeys = ['references', 'transfer', 'groups'] as const;
export type GivenKey = (typeof givenKeys)[number];

export interface StudyArm {
  name: string;
  /** Rule and what differs, in one line. */
  about: string;
  rule: BalanceRule;
  start: StudyStart | null;
  /** Files that the study hands to the rule, by key of `balance`. */
  given: Readonly<Partial<Record<GivenKey, string>>>;
}

export interface PlannedRun {
  /** ARM/BUDGET-steps/seed-S: its place in the folders of the study. */
  id: string;
  arm: StudyArm;
  budget: number;
  seed: number;
  /** Run folder. */
  folder: string;
  config: TrainConfig;
  /** The run under natural sampling that its rule follows; it is trained first. */
  natural: PlannedRun | null;
}

export interface StudyPlan {
  /** The study file, as its path was given. */
  file: string;
  study: StudyConfig;
  output: string;
  images: StudyImages;
  /** What all runs share: scale, degradations and tasks are those of the test. */
  base: TrainConfig;
  baseline: string;
  starts: readonly StudyStart[];
  arms: readonly StudyArm[];
  /** Seeds one after the other, so that a study that is stopped has whole comparisons. */
  runs: readonly PlannedRun[];
  /** Arms that were left out, as nobody asked for them and they cannot be trained. */
  leftOut: readonly { arm: string; reason: string }[];
}

export interface PlanOptions {
  /** Folder of the study; runs/NAME when it is not given. */
  output?: string;
  /** Arms that are to be trained; all when there are none. */
  only?: readonly string[];
}

function ruleOf(config: { balance: { rule: string } }): BalanceRule {
  return balanceRules.find(({ name }) => name === config.balance.rule) as BalanceRule;
}

/** Whether a rule goes by what natural sampling gives at the same step: `balance.natural`, a run. */
function followsNatural(rule: BalanceRule | undefined, ownBalance: Keys): boolean {
  return rule?.needs.includes('naturalPsnr') === true && ownBalance[naturalRule] === undefined;
}

/** The rule that an arm asks for, before its configuration is checked. */
function wantedRule(shared: Shared, own: Keys): BalanceRule | undefined {
  const { balance } = mergedKeys(shared.base.value, own) as { balance?: { rule?: unknown } };
  const wanted = balance?.rule ?? balanceDefaults.rule;
  return balanceRules.find(({ name }) => name === wanted);
}

/** What an arm is, in one line. */
function aboutArm(rule: BalanceRule, own: Keys): string {
  const differences = flatKeys(own)
    .filter(([key]) => key !== 'balance.rule')
    .map(([key, value]) => `${key.replace(/^balance\./, '')} ${JSON.stringify(value)}`);
  return [rule.name, ...differences.map((text) => text.replaceAll('"', ''))].join(', ');
}

/** What the study hands to a rule that needs it, unless the arm says it itself. */
function givenTo(
  rule: BalanceRule | undefined,
  start: StudyStart | null,
  ownBalance: Keys,
): StudyArm['given'] {
  const needed: readonly string[] = rule?.needs ?? [];
  const keys = givenKeys.filter((key) => needed.includes(key) && ownBalance[key] === undefined);
  return Object.fromEntries(
    keys.flatMap((key) => (start?.measured ? [[key, start.measured[key]]] : [])),
  );
}

interface ArmPlan {
  arm: StudyArm;
  /** The configuration at a budget with the first seed; `natural` is the run folder that it follows. */
  configAt(budget: number, natural?: string): TrainConfig;
  follows: boolean;
}

function planArm(shared: Shared, name: string, starts: Map<string, StudyStart | null>): ArmPlan {
  const own = shared.text.config.arms[name] as Keys;
  const above = ['arms', name];
  const wanted = wantedRule(shared, own);
  const network = (own.network ?? {}) as Keys;
  // Without the rule, whose needs may not be met yet: only the network matters.
  const id = networkId(configOf(shared, above, { network }, { balance: asIs }));
  if (!starts.has(id)) starts.set(id, startOf(shared, network, id));
  const start = starts.get(id) ?? null;
  const ownBalance = (own.balance ?? {}) as Keys;
  const given = givenTo(wanted, start, ownBalance);
  const follows = followsNatural(wanted, ownBalance);
  const configAt = (budget: number, natural = ''): TrainConfig =>
    configOf(shared, above, own, {
      name,
      seed: shared.text.config.seeds[0],
      network: { weights: start?.weights ?? null },
      training: { steps: budget },
      balance: { ...given, ...(follows ? { natural } : {}) },
    });
  const rule = ruleOf(configAt(shared.text.config.budgets[0] as number, 'natural'));
  return {
    arm: { name, about: aboutArm(rule, own), rule, start, given },
    configAt,
    follows,
  };
}

/** Whether two configurations differ in nothing but how tasks are balanced. */
function isAlike(a: TrainConfig, b: TrainConfig): boolean {
  const bare = ({ name, balance, ...rest }: TrainConfig) => JSON.stringify(rest);
  return bare(a) === bare(b);
}

function chooseBaseline(shared: Shared, arms: readonly StudyArm[]): string {
  const { baseline } = shared.text.config;
  if (baseline !== null) return baseline;
  const natural = arms.filter(({ rule }) => rule.name === naturalRule);
  const [first, second] = natural;
  if (first && !second) return first.name;
  const found = second ? natural.map(({ name }) => name).join(' and ') : 'no arm';
  const message = `baseline is missing: ${found} ${second ? 'have' : 'has'} the rule natural`;
  const place = { origin: shared.text.origin, ...shared.text.text.position(['arms'], 'key') };
  throw new ConfigError([
    { ...place, message, hint: 'name the arm to compare with: baseline: ARM' },
  ]);
}

/** The same configuration with another seed. */
const withSeed = (config: TrainConfig, name: string, seed: number): TrainConfig =>
  Object.freeze({ ...config, name, seed });

function planRuns(shared: Shared, arms: readonly ArmPlan[]): PlannedRun[] {
  const { seeds, budgets, name } = shared.text.config;
  const natural = arms.filter(({ arm }) => arm.rule.name === naturalRule);
  const runs: PlannedRun[] = [];
  const add = ({ arm, configAt, follows }: ArmPlan, budget: number, seed: number): void => {
    const id = `${arm.name}/${budget}-steps/seed-${seed}`;
    const alike = natural.find((one) => isAlike(one.configAt(budget), configAt(budget, 'natural')));
    const first = runs.find(
      (run) => run.arm === alike?.arm && run.budget === budget && run.seed === seed,
    );
    if (follows && !first) throw noNatural(shared, arm);
    const followed = follows ? (first as PlannedRun) : null;
    const config = withSeed(configAt(budget, followed?.folder), `${name}-${arm.name}`, seed);
    const folder = join(shared.output, 'runs', id);
    runs.push({ id, arm, budget, seed, folder, config, natural: followed });
  };
  const order = [...natural, ...arms.filter((one) => !natural.includes(one))];
  for (const seed of seeds)
    for (const budget of budgets) for (const arm of order) add(arm, budget, seed);
  return runs;
}

function noNatural({ text }: Shared, { name, rule }: StudyArm): ConfigError {
  const message = `arms.${name}: ${rule.name} follows a run of natural sampling, and no arm has one that is like it in all but balance`;
  const place = { origin: text.origin, ...text.text.position(['arms', name], 'key') };
  const hint = 'add an arm {balance: {rule: natural}} with the same network and training';
  return new ConfigError([{ ...place, message, hint }]);
}

function checkOnly(only: readonly string[], names: readonly string[]): void {
  const unknown = only.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new EvensrError('E_USAGE', exitCodes.usage, `the study has no arm ${unknown}`, {
    hint: `arms: ${names.join(', ')}`,
  });
}

/** Plans every arm; mistakes of those that are not asked for only leave them out. */
function planArms(shared: Shared, only: readonly string[]) {
  const starts = new Map<string, StudyStart | null>();
  const arms: ArmPlan[] = [];
  const problems: ConfigProblem[] = [];
  const leftOut: { arm: string; reason: string }[] = [];
  for (const name of Object.keys(shared.text.config.arms)) {
    try {
      const plan = planArm(shared, name, starts);
      for (const budget of shared.text.config.budgets) plan.configAt(budget, 'natural');
      arms.push(plan);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (only.length > 0 && !only.includes(name))
        leftOut.push({ arm: name, reason: error.message });
      else problems.push(...error.problems);
    }
  }
  const seen = new Set<string>();
  const once = problems.filter((one) => {
    const key = JSON.stringify(one);
    return !seen.has(key) && seen.add(key);
  });
  if (once.length > 0) throw new ConfigError(once);
  return { arms, starts: [...starts.values()].filter((start) => start !== null), leftOut };
}

/**
 * Reads a study and plans it; nothing is looked at but the study file and its base.
 * @throws ConfigError (E_CONFIG) with every mistake of study, base and arms, and its place
 */
export function planStudy(file: string, options: PlanOptions): StudyPlan {
  const text = readStudy(readConfigText(file), file, dirname(resolve(file)));
  const { output = join('runs', text.config.name), only = [] } = options;
  const { base: named } = text.config;
  const baseFile = isAbsolute(named) ? named : join(dirname(file), named);
  const base = readKeys(readConfigText(baseFile), baseFile, 'images.train');
  const images = imageFolders(text);
  prepareKeys(base.value, dirname(resolve(text.folder, text.config.base)));
  const shared: Shared = { text, base, baseFile, images, output: resolve(output) };
  checkOnly(only, Object.keys(text.config.arms));
  const common = configOf(shared, [], {}, {});
  const { arms, starts, leftOut } = planArms(shared, only);
  return {
    file,
    study: text.config,
    output: shared.output,
    images,
    base: common,
    baseline: chooseBaseline(
      shared,
      arms.map(({ arm }) => arm),
    ),
    starts,
    arms: arms.map(({ arm }) => arm),
    runs: planRuns(shared, arms),
    leftOut,
  };
}

/** The runs that are asked for, and those that they follow. */
export function chosenRuns({ runs }: StudyPlan, only: readonly string[]): PlannedRun[] {
  const asked = runs.filter(({ arm }) => only.length === 0 || only.includes(arm.name));
  const followed = new Set(asked.map(({ natural }) => natural));
  return runs.filter((run) => asked.includes(run) || followed.has(run));
}

interface UsedStart {
  start: StudyStart;
  measure: StudyConfig['measure'];
}

/**
 * The starts of some runs, and what is measured of them: for a rule, or for the baseline's gaps. What it is
 * depends on all arms of the study, so that another choice of runs measures nothing anew.
 */
export function startsOf(
  { starts, baseline, study, arms }: StudyPlan,
  runs: readonly PlannedRun[],
): UsedStart[] {
  return starts.flatMap((start): UsedStart[] => {
    const own = arms.filter((arm) => arm.start === start);
    const chosen = own.filter((arm) => runs.some((run) => run.arm === arm));
    if (chosen.length === 0) return [];
    const isMain = ({ name }: StudyArm) => name === baseline;
    const asks = (arm: StudyArm) => isMain(arm) || Object.keys(arm.given).length > 0;
    if (!chosen.some(asks) || !start.measured || !study.measure) return [{ start, measure: null }];
    const acceptance = own.some(isMain) ? study.measure.acceptance : null;
    const groups = own.some(({ given }) => given.groups) ? study.measure.groups : null;
    return [{ start, measure: { ...study.measure, acceptance, groups } }];
  });
}
