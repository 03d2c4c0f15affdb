/** Groups of fixed recipes: found from a checkpoint, killed and resumed, and trained with. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { defineSpace } from '../../src/degradation/space.ts';
import { usableGroups } from '../../src/train/grouping/file.ts';
import { atStep, type Running, Workbench } from './train-kit.ts';

interface Groups {
  recipes: { task: string; indicator: number; psnr: number | null }[];
  flagged: number[];
  rounds: { threshold: number; recipes: number[]; gains: number[]; group: number[] }[];
}

/** The last threshold is below any gain: every flagged recipe ends in a group. */
const settings = ['--recipes', '6', '--steps', '12', '--window', '4', '--flag', '0.5'];
const rounds = ['--joint-steps', '15', '--thresholds', '0.3,0.1,-99', '--crops', '3'];
const small = [...settings, ...rounds];

describe('evensr tasks group', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const set = ['training.steps=10', 'balance.rule=natural'].flatMap((key) => ['--set', key]);
    assert.equal((await place.train('tiny.yaml', '-o', 'base', ...set)).code, 0);
  });
  after(() => place.remove());

  const groupsIn = (name: string): Groups =>
    JSON.parse(readFileSync(place.path(name), 'utf8')).content;
  const start = (...args: string[]): Running =>
    place.begin('tasks', 'group', 'base', '--json', ...small, ...args);
  const training = (...set: string[]) => [
    'tiny.yaml',
    ...['balance.rule=tgsr-recipes', 'training.steps=20', ...set].flatMap((key) => ['--set', key]),
  ];

  it('flags, groups and tells', async () => {
    const told = await place.run('tasks', 'group', 'base', ...small, '-o', 'groups.json');
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stdout, /^6 recipes, 12 steps each: loss after \/ before 0\.\d+ to /);
    assert.match(told.stdout, /^flagged 3 \(50 %\)$/m);
    const { recipes, flagged, rounds: found } = groupsIn('groups.json');
    assert.equal(recipes.length, 6);
    const least = Math.max(...flagged.map((at) => recipes[at]?.indicator as number));
    assert.equal(recipes.filter(({ indicator }) => indicator <= least).length, 3);
    assert.ok(least < 1, 'training on one recipe helps a network that has hardly begun');
    assert.deepEqual(found.flatMap(({ group }) => group).toSorted(), flagged.toSorted());
    for (const { threshold, recipes: trained, gains, group } of found) {
      const above = trained.filter((_, i) => (gains[i] as number) > threshold);
      assert.deepEqual(group, above);
    }
    assert.ok(!existsSync(place.path('groups.json.part')));
  });

  type Line = Record<string, unknown>;
  const indicated = (from: number) => (line: Line) =>
    line.event === 'indicated' && (line.recipe as number) >= from;

  async function killedAt(passes: (line: Line) => boolean, ...args: string[]): Promise<void> {
    const running = start(...args);
    await running.seen(passes);
    running.child.kill('SIGKILL');
    const { signal, stderr } = await running.finished;
    assert.equal(signal, 'SIGKILL', `it had finished before it was killed: ${stderr}`);
  }

  it('gives the same bytes after kills between recipes', async () => {
    for (const from of [1, 3, 5]) {
      await killedAt(indicated(from), '-o', 'killed.json');
      const part = readFileSync(place.path('killed.json.part'), 'utf8').trim().split('\n');
      assert.ok(part.length > from + 1, 'the recipes so far are kept');
    }
    const rest = start('-o', 'killed.json');
    assert.equal((await rest.finished).code, 0);
    assert.ok(!rest.lines.some(indicated(0)), 'no recipe is looked at twice');
    assert.equal(place.sha256('killed.json'), place.sha256('groups.json'));
  });

  it('gives the same bytes after a kill in the second round', async () => {
    const [first, second] =
      groupsIn('groups.json').rounds[0]?.gains.toSorted((a, b) => b - a) ?? [];
    const between = ((first as number) + (second as number)) / 2;
    const args = ['--thresholds', `${between},-99`];
    const whole = start(...args, '-o', 'two.json');
    assert.equal((await whole.finished).code, 0);
    const joint = (lines: Line[]) => lines.filter(({ event }) => event === 'joint');
    assert.deepEqual(
      joint(whole.lines).map(({ recipes }) => recipes),
      [3, 2],
    );
    const atSecond = ({ event, recipes }: Line) => event === 'joint' && recipes === 2;
    await killedAt(atSecond, ...args, '-o', 'cut.json');
    const rest = start(...args, '-o', 'cut.json');
    assert.equal((await rest.finished).code, 0);
    assert.equal(joint(rest.lines).length, 1, 'the first round is not trained twice');
    assert.equal(place.sha256('cut.json'), place.sha256('two.json'));
  });

  it('is done when it is done, and is another one with another seed', async () => {
    const again = start('-o', 'groups.json');
    await again.finished;
    assert.deepEqual(
      again.lines.map(({ event }) => event),
      ['grouped'],
    );
    const other = await start('-o', 'other.json', '--seed', '5').finished;
    assert.equal(other.code, 0, other.stderr);
    assert.notEqual(place.sha256('other.json'), place.sha256('groups.json'));
  });

  it('goes on behind a torn line', async () => {
    await killedAt(indicated(2), '-o', 'torn.json');
    const text = readFileSync(place.path('torn.json.part'), 'utf8');
    writeFileSync(place.path('torn.json.part'), text.slice(0, -7));
    assert.equal((await start('-o', 'torn.json').finished).code, 0);
    assert.equal(place.sha256('torn.json'), place.sha256('groups.json'));
  });

  it('says how long it will take', async () => {
    const running = start('--dry-run', '-o', 'dry.json');
    const { code, stderr } = await running.finished;
    assert.equal(code, 0, stderr);
    const [plan] = running.lines as { event: string; indicators: number; rounds: number }[];
    assert.equal(plan?.event, 'plan');
    assert.ok((plan?.indicators as number) > 0 && (plan?.rounds as number) > 0);
    assert.ok(!existsSync(place.path('dry.json')) && !existsSync(place.path('dry.json.part')));
  });

  it('refuses settings that make no sense', async () => {
    const run = (...args: string[]) => place.run('tasks', 'group', 'base', ...args);
    const rising = await run('--thresholds', '0.2,0.4');
    assert.equal(rising.code, 2);
    assert.match(rising.stderr, /E_USAGE: thresholds 0\.2, 0\.4 do not fall/);
    const window = await run('--steps', '5', '--window', '9');
    assert.match(window.stderr, /E_USAGE.*9 of 5 steps.*--window/);
  });

  it('a run trains on the groups in exact numbers, and resumes to the same bytes', async () => {
    const args = training('balance.groups=groups.json', 'checkpoint.every=7');
    const whole = await place.train(...args, '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);
    const running = place.start(...args, '-o', 'cut');
    await running.seen(atStep(9));
    running.child.kill('SIGKILL');
    await running.finished;
    const rest = await place.train(...args, '-o', 'cut', '--resume');
    assert.equal(rest.code, 0, rest.stderr);
    for (const file of ['metrics.jsonl', 'checkpoints/step-00000020.safetensors'])
      assert.equal(place.sha256(`cut/${file}`), place.sha256(`whole/${file}`), file);

    const { flagged } = groupsIn('groups.json');
    const lines = readFileSync(place.path('whole/metrics.jsonl'), 'utf8').trim().split('\n');
    const { tasks } = JSON.parse(lines.at(-1) as string) as {
      tasks: Record<string, { realised: number; share: number; requested?: number }>;
    };
    const samples = 20 * 4;
    const counts = Object.values(tasks).map(({ realised }) => realised);
    assert.equal(
      counts.reduce((a, b) => a + b),
      samples,
    );
    // A sample for the whole space, and one for each recipe and its group.
    const off = 1 + 2 * flagged.length;
    for (const [id, { realised, share, requested }] of Object.entries(tasks)) {
      assert.equal(requested, undefined);
      const text = `${realised} of ${id}, share ${share}`;
      assert.ok(Math.abs(realised - share * samples) < off, text);
    }
    assert.ok(Math.max(...counts) > 2 * off, 'a bound that says something');
  });

  it('a run refuses groups that are absent or were changed', async () => {
    const refused = async (pattern: RegExp, ...set: string[]) => {
      const { code, stderr } = await place.train(...training(...set), '-o', 'refused');
      assert.equal(code, 2, stderr);
      assert.match(stderr, pattern);
    };
    await refused(/balance\.rule: tgsr-recipes needs groups.*tasks group/);
    const text = readFileSync(place.path('groups.json'), 'utf8');
    writeFileSync(place.path('changed.json'), text.replace(/"factor":0\.(\d)/, '"factor":0.9$1'));
    assert.notEqual(place.sha256('changed.json'), place.sha256('groups.json'));
    await refused(/E_GROUPS.*was changed/, 'balance.groups=changed.json');
  });

  it('groups that are damaged, empty or of something else are refused, with the reason', async () => {
    const fitting = {
      ...{ space: defineSpace(), scale: 4, side: 56, usm: false, banks: {} },
      prepared: (recipe: Recipe) => recipe,
    };
    const refused = (file: string, message: RegExp, use: Partial<typeof fitting> | object = {}) =>
      assert.rejects(usableGroups(place.path(file), { ...fitting, ...use }), {
        code: 'E_GROUPS',
        message,
      });
    const found = await usableGroups(place.path('groups.json'), fitting);
    assert.equal(found.flat().length, 3);
    await usableGroups(place.path('groups.json'), { ...fitting, side: 256 });

    await refused('none.json', /cannot be opened \(ENOENT\)/);
    const text = readFileSync(place.path('groups.json'), 'utf8');
    for (const length of [0, 1, 900, text.length - 3]) {
      writeFileSync(place.path('damaged.json'), text.slice(0, length));
      await refused('damaged.json', /no JSON/);
    }
    for (const odd of [
      '{"recipes": []}',
      'null',
      '[]',
      text.replace('"version":1', '"version":2'),
    ]) {
      writeFileSync(place.path('odd.json'), odd);
      await refused('odd.json', /not written by tasks group/);
    }
    await refused('groups.json', /of scale 4, the run's scale is 2/, { scale: 2 });
    const classic = defineSpace('classic', {});
    await refused('groups.json', /real-esrgan, not classic/, { space: classic });
    const quiet = defineSpace({ final: { sincProbability: 0.5 } });
    await refused('groups.json', /real-esrgan, with other ranges/, { space: quiet });
    await refused('groups.json', /a recipe does not fit gt crops of 10 pixels/, { side: 10 });
    const none = await start('-o', 'empty.json', '--thresholds', '50').finished;
    assert.equal(none.code, 0, none.stderr);
    await refused('empty.json', /holds no group/);
  });

  it('a run does not go on with other groups in the same file', async () => {
    copyFileSync(place.path('groups.json'), place.path('mine.json'));
    const args = training('balance.groups=mine.json', 'training.steps=10');
    assert.equal((await place.train(...args, '-o', 'mine')).code, 0);
    copyFileSync(place.path('other.json'), place.path('mine.json'));
    const more = ['--resume', '--set', 'training.steps=12', '--allow-change', 'training.steps'];
    const { code, stderr } = await place.train(...args, '-o', 'mine', ...more);
    assert.equal(code, 9);
    assert.match(stderr, /E_CONFIG_CHANGED.*photographs or groups of recipes/);
  });
});
