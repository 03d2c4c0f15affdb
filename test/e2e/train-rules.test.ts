/** Rules that a configuration can name, each in a short run of a tiny network. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { BalanceRule } from '../../src/balance/rule.ts';
import { balanceRule, balanceRules } from '../../src/balance/rules/index.ts';
import { atStep, Workbench } from './train-kit.ts';

interface TaskLine {
  share: number;
  lossWeight: number;
  requested: number;
  realised: number;
}
type Line = Record<string, TaskLine>;
type Report = Record<string, Record<string, number> | undefined>;

const steps = 24;
const batchSize = 4;
const ids = ['bicubic', 'bd', 'dn'];

/** Three tasks that differ in mass, and a space whose masses are found fast. */
const space =
  'degradation.space={name: classic, kindProbabilities: {bicubic: 0.5, BD: 0.3, DN: 0.2}}';

/** References well above a network that has hardly begun, each at another distance. */
const references = Object.fromEntries(ids.map((id, task) => [id, 30 + 5 * task]));
const transfer = Object.fromEntries(
  ids.map((id, t) => [
    id,
    Object.fromEntries(ids.map((other, u) => [other, 28 - 0.1 * Math.abs(t - u) + 0.05 * t])),
  ]),
);
const given: Record<string, object> = {
  replay: { shares: Object.fromEntries(ids.map((id, task) => [id, task + 1])) },
  'transfer-matrix': { transfer, objective: 'no-task-below-natural' },
  curriculum: { constants: { start: 0.2, steps: 40 } },
  stch: { constants: { warmup: 5 } },
  'group-dro': { constants: { eta: 1 } },
  'marginal-gain': { constants: { samples: 6 } },
  constrained: { transfer, natural: 'natural-run' },
};

function keysFor({ name, needs }: BalanceRule, count = steps): string[] {
  const balance = {
    ...{ rule: name, warmup: 5, every: 5 },
    references: needs.includes('references') ? references : null,
    ...given[name],
  };
  const set = [
    `training.steps=${count}`,
    `validation.every=${name === 'natural' ? 5 : 100}`,
    `balance=${JSON.stringify(balance)}`,
    'training.schedule={type: constant}',
    space,
  ];
  return set.flatMap((key) => ['--set', key]);
}

describe('a run with the balance rule', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    cpSync(place.path('photos'), place.path('others'), { recursive: true });
    rmSync(place.path('others/0.png'));
    for (const [name, count] of [
      ['natural', 60],
      ['temperature', 5],
    ] as const) {
      const keys = keysFor(balanceRule(name), count);
      const { code, stderr } = await place.train('tiny.yaml', '-o', `${name}-run`, ...keys);
      assert.equal(code, 0, stderr);
    }
  });
  after(() => place.remove());

  function linesOf(run: string): Line[] {
    const text = readFileSync(place.path(`${run}/metrics.jsonl`), 'utf8').trim();
    return text.split('\n').map((line) => JSON.parse(line).tasks as Line);
  }

  const sumOf = (line: Line, value: (task: TaskLine) => number) =>
    Object.values(line).reduce((sum, task) => sum + value(task), 0);

  // These have tests of their own.
  const elsewhere = ['quota', 'natural', 'uniform', 'loss-weight', 'tgsr-recipes'];
  for (const rule of balanceRules.filter(({ name }) => !elsewhere.includes(name))) {
    it(`${rule.name} decides ${rule.decides}`, async () => {
      const { code, stderr } = await place.train('tiny.yaml', '-o', rule.name, ...keysFor(rule));
      assert.equal(code, 0, stderr);
      const lines = linesOf(rule.name);
      assert.equal(lines.length, steps);
      const [first, last] = [lines[0], lines.at(-1)] as [Line, Line];
      assert.deepEqual(Object.keys(last).toSorted(), ids.toSorted());
      for (const line of lines) {
        assert.ok(Math.abs(sumOf(line, ({ share }) => share) - 1) < 1e-9);
        const mean = sumOf(line, ({ share, lossWeight }) => share * lossWeight);
        assert.ok(Math.abs(mean - 1) < 1e-9);
      }
      assert.equal(
        sumOf(last, ({ realised }) => realised),
        steps * batchSize,
      );
      const moved = (value: (task: TaskLine) => number) =>
        lines.filter((line, at) =>
          ids.some(
            (id) => value(line[id] as TaskLine) !== value((lines[at - 1] ?? line)[id] as TaskLine),
          ),
        ).length;
      const shares = moved(({ share }) => share);
      const weights = moved(({ lossWeight }) => lossWeight);
      const changes = rule.steers === 'shares' ? shares : weights;
      assert.equal(rule.steers === 'shares' ? weights : shares, 0);
      if (rule.decides === 'once') assert.equal(changes, 0);
      if (rule.decides === 'at updates') assert.ok(changes >= 1 && changes <= 4, `${changes}`);
      if (rule.decides === 'every step') assert.ok(changes > 10, `${changes}`);
      for (const { requested, realised } of Object.values(last))
        assert.ok(Math.abs(requested - realised) < 2, `${requested} against ${realised}`);
      assert.equal(first[ids[0] as string]?.realised !== undefined, true);
    });
  }

  for (const name of ['plateau', 'uncertainty', 'rlw', 'marginal-gain', 'constrained', 'famo']) {
    it(`${name} goes on exactly after a stop`, async () => {
      const rule = balanceRules.find((one) => one.name === name) as BalanceRule;
      const args = ['tiny.yaml', ...keysFor(rule, 60)];
      const whole = await place.train(...args, '-o', `${name}-whole`);
      assert.equal(whole.code, 0, whole.stderr);
      const run = place.start(...args, '-o', `${name}-parts`);
      await run.seen(atStep(12));
      run.child.kill('SIGINT');
      await run.finished;
      const stopped = place.checkpoints(`${name}-parts`).at(-1) ?? '';
      assert.match(stopped, /step-000000([1-5]\d)\./, 'stopped on the way');
      const second = await place.train(...args, '-o', `${name}-parts`, '--auto-resume');
      assert.equal(second.code, 0, second.stderr);
      for (const file of ['metrics.jsonl', 'checkpoints/step-00000060.safetensors'])
        assert.equal(
          place.sha256(`${name}-parts/${file}`),
          place.sha256(`${name}-whole/${file}`),
          file,
        );
    });
  }

  describe('measures what the rule needs:', () => {
    const linesFor = async (name: string): Promise<Report[]> => {
      const run = `${name}-measures`;
      const keys = keysFor(balanceRule(name), 10);
      const { code, stderr } = await place.train('tiny.yaml', '-o', run, ...keys);
      assert.equal(code, 0, stderr);
      return linesOf(run) as unknown as Report[];
    };
    const of = (line: Report | undefined, id: string, name: string) => line?.[id]?.[name] as number;

    it('constrained the lead over the natural run, which is none before the first update', async () => {
      const [lines, natural] = [await linesFor('constrained'), linesOf('natural-run')];
      for (const id of ids) {
        assert.equal(of(lines[4], id, 'lead'), 0);
        const there = of((natural as unknown as Report[])[9], id, 'psnr');
        const lead = 0.3 * (of(lines[9], id, 'psnr') - there); // of a moving average that was 0
        assert.ok(Math.abs(of(lines[9], id, 'lead') - lead) < 1e-9 && lead !== 0, `${lead}`);
      }
    });

    it('marginal-gain the cosines', async () => {
      const lines = await linesFor('marginal-gain');
      const gains = ids.map((id) => of(lines[4], id, 'gain'));
      assert.ok(
        gains.every((gain) => Math.abs(gain) > 0 && Math.abs(gain) <= 1),
        gains.join(' '),
      );
    });

    it('famo the fall of the losses, by which its weights part', async () => {
      const last = (await linesFor('famo')).at(-1);
      const weights = ids.map((id) => of(last, id, 'taskWeight'));
      assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9);
      assert.ok(
        weights.some((weight) => Math.abs(weight - 1 / 3) > 1e-3),
        weights.join(' '),
      );
    });
  });

  describe('that follows a natural run refuses, before the first step,', () => {
    const balance = (natural: string) =>
      JSON.stringify({ rule: 'constrained', warmup: 5, every: 5, transfer, natural });
    const cases: [string, string[], RegExp][] = [
      ['a folder without a run', [`balance=${balance('nowhere')}`], /E_RUN.*there is no run in/s],
      [
        'a run that did not get so far',
        ['training.steps=70'],
        /E_NATURAL.*natural-run has no probe PSNR of all tasks at 2 steps.*: 65, 70/s,
      ],
      [
        'a run that measured at other steps',
        [`balance=${balance('natural-run').replace('"every":5', '"every":7')}`],
        /at 6 steps at which the rule decides: 12, 19, 26, 33, 47, ….*validation\.every: a divisor of both/s,
      ],
      [
        'another training',
        ['training.batchSize=2', 'validation.samplesPerTask=3'],
        /E_NATURAL.*is another training: training\.batchSize is 4 there and 2 here; validation\.samplesPerTask is 2 there and 3 here/s,
      ],
      ['other photographs', ['images.train=others'], /E_NATURAL.*on other photographs/s],
      [
        'a run of another rule',
        [`balance=${balance('temperature-run')}`],
        /E_NATURAL.*was balanced by temperature/s,
      ],
    ];
    for (const [what, set, message] of cases) {
      it(what, async () => {
        const keys = [
          ...keysFor(balanceRule('constrained'), 60),
          ...set.flatMap((key) => ['--set', key]),
        ];
        const { code, stderr, stdout } = await place.train('tiny.yaml', '-o', 'refused', ...keys);
        assert.equal(code, 2, stderr);
        assert.match(`${stderr}${stdout}`, message);
        assert.doesNotMatch(stdout, /"event":"progress"/);
      });
    }
  });

  it('no rule but those that need references trains specialists', async () => {
    const keys = ['balance={rule: dwa, warmup: 5, every: 5}', 'training.steps=6'];
    const { code, stderr } = await place.train(
      ...[
        'tiny.yaml',
        '-o',
        'no-specialists',
        ...[...keys, space].flatMap((key) => ['--set', key]),
      ],
    );
    assert.equal(code, 0, stderr);
    const report = readFileSync(place.path('no-specialists/report.jsonl'), 'utf8');
    assert.doesNotMatch(report, /"references"/);
  });
});
