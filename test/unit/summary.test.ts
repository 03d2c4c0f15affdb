import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SampleScore, summariseTasks } from '../../src/evaluate/summary.ts';
import { formatTable } from '../../src/report/table.ts';

const score = (set: string, photo: number, model: number, bicubic: number): SampleScore => {
  const all = (value: number) => ({ psnrY: value, psnrRgb: value, ssimY: value, ssimRgb: value });
  return { set, photo, model: all(model), bicubic: all(bicubic) };
};
const close = (found: number | null, expected: number) =>
  assert.ok(found !== null && Math.abs(found - expected) < 1e-12, `${found} ${expected}`);

describe('summaries over tasks', () => {
  const tasks = [
    { id: 'easy', mass: 0.75 },
    { id: 'hard', mass: 0.25 },
  ];

  it('are means of the tasks, equal or by mass, whatever the number of images', () => {
    const scores = [
      score('easy', 0, 30, 31),
      score('easy', 1, 32, 32),
      score('easy', 2, 34, 33),
      score('hard', 0, 20, 19),
    ];
    const { macro, byMass, worst } = summariseTasks(tasks, scores);
    close(macro.model.psnrY.mean, 26);
    close(byMass.model.psnrY.mean, 0.75 * 32 + 0.25 * 20);
    close(macro.difference.psnrY.mean, 0.5);
    assert.equal(worst, 'hard');
    assert.equal(macro.images, 4);
  });

  it('name every task in which bicubic is better', () => {
    const scores = [score('easy', 0, 30, 30.5), score('hard', 0, 20, 19)];
    assert.deepEqual(summariseTasks(tasks, scores).lost, ['easy']);
  });

  it('give an infinite score no share and leave the weight of its task whole', () => {
    const infinite = Number.POSITIVE_INFINITY;
    const scores = [
      score('easy', 0, infinite, 31),
      score('easy', 1, 30, 30),
      score('hard', 0, 20, 19),
    ];
    const { macro, tasks: own } = summariseTasks(tasks, scores);
    close(macro.model.psnrY.mean, 25);
    assert.equal(macro.model.psnrY.infinite, 1);
    assert.equal(own[0]?.difference.psnrY.count, 1);
  });
});

describe('table', () => {
  it('aligns cells by what is seen of them', () => {
    const columns = [{ title: 'task' }, { title: 'dB', align: 'right' as const }];
    const rows = [['a', '\u001b[32m27.06\u001b[39m'], 'rule' as const, ['longer', '1']];
    const lines = formatTable(columns, rows);
    assert.deepEqual(lines, [
      'task       dB',
      '─────────────',
      'a       \u001b[32m27.06\u001b[39m',
      '─────────────',
      'longer      1',
    ]);
  });
});
