import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyTable, taskHistories } from '../../src/report/history.ts';

const line = (step: number, share: number, psnr?: number) =>
  JSON.stringify({
    step,
    loss: 0.1,
    tasks: {
      easy: { share, realised: 10 * step, ...(psnr === undefined ? {} : { psnr, kpi: 0.9 }) },
      hard: { share: 1 - share, realised: 6 * step, ...(psnr ? { psnr: null } : {}) },
    },
  });

describe('the history of a run', () => {
  const text = `${[line(10, 0.5), line(20, 0.5, 21), line(30, 0.75, 24), line(40, 0.2)].join('\n')}\n`;

  it('holds first, least, most and last quota, and first and last measurement, of every task', () => {
    const { firstStep, tasks } = taskHistories(text);
    assert.equal(firstStep, 20);
    assert.deepEqual(tasks[0], {
      id: 'easy',
      firstPsnr: 21,
      lastPsnr: 24,
      kpi: 0.9,
      firstShare: 0.5,
      leastShare: 0.2,
      mostShare: 0.75,
      lastShare: 0.2,
      samples: 400,
    });
    assert.equal(tasks[1]?.lastPsnr, null);
  });

  it('is a table also when nothing was measured', () => {
    const [, , first] = historyTable(`${line(5, 0.5)}\n`);
    assert.match(first ?? '', /^easy(?: +50\.0 %){4} +50 +– +– +–$/);
    assert.equal(historyTable('').length, 2);
  });
});
