import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventsOf, readEvents } from '../../src/report/page/gather/events.ts';
import {
  curveOf,
  lastOf,
  type Point,
  readMetrics,
  thinned,
} from '../../src/report/page/gather/metrics.ts';

const line = (step: number, share: number, psnr?: number) =>
  JSON.stringify({
    step,
    loss: 0.01,
    tasks: { a: { share, ...(psnr === undefined ? {} : { psnr }) }, b: { share: 1 - share } },
  });

describe('what a report reads of a run', () => {
  let run: string;
  before(() => {
    run = mkdtempSync(join(tmpdir(), 'evensr-gather-'));
  });
  after(() => rmSync(run, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFileSync(join(run, name), text);

  it('reads metrics, without the line that a kill tore', async () => {
    write('metrics.jsonl', `${line(1, 0.5)}\n${line(2, 0.25, 30)}\n${line(3, 0.5).slice(0, 20)}`);
    const { entries, damaged } = await readMetrics(run);
    assert.deepEqual(
      entries.map(({ step }) => step),
      [1, 2],
    );
    assert.equal(damaged, 0);
    assert.deepEqual(curveOf(entries, 'a', 'share'), [
      [1, 0.5],
      [2, 0.25],
    ]);
    assert.deepEqual(curveOf(entries, 'a', 'psnr'), [[2, 30]]);
    assert.equal(lastOf(entries, 'a', 'psnr'), 30);
    assert.equal(lastOf(entries, 'b', 'psnr'), null);
    assert.deepEqual(curveOf(entries, 'constructor', 'share'), []);
  });

  it('passes over damaged, foreign and repeated lines and counts them', async () => {
    write(
      'metrics.jsonl',
      [
        'garbage',
        line(1, 0.5),
        '{"step":2}',
        line(3, 0.5),
        line(2, 0.5),
        '',
        line(4, 0.5),
        '',
      ].join('\n'),
    );
    const { entries, damaged } = await readMetrics(run);
    assert.deepEqual(
      entries.map(({ step }) => step),
      [1, 3, 4],
    );
    assert.equal(damaged, 3);
  });

  it('says why there are none, and does not wait for a FIFO', async () => {
    await assert.rejects(readMetrics(join(run, 'nowhere')), /cannot be opened \(ENOENT\)/);
    rmSync(join(run, 'metrics.jsonl'));
    execFileSync('mkfifo', [join(run, 'metrics.jsonl')]);
    await assert.rejects(readMetrics(run), /is not a regular file/);
  });

  it('reads events: how it stands, its times, speeds and warnings', async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const speed = (step: number, imagesPerSecond: number) => ({
      event: 'speed',
      step,
      imagesPerSecond,
      milliseconds: 10,
      data: 0.1,
      degrade: 0.2,
      network: 0.7,
    });
    const events = [
      { time: at(0), event: 'started', step: 0, photos: { training: 9, validation: 2 } },
      { time: at(5), ...speed(10, 100) },
      { time: at(8), ...speed(20, 110) },
      { time: at(10), event: 'warning', code: 'W_X', text: '<b>' },
      // Killed, and gone on from step 10 a minute later.
      { time: at(70), event: 'resumed', step: 10 },
      { time: at(75), ...speed(20, 120) },
      { time: at(80), event: 'finished', step: 30 },
    ];
    write('report.jsonl', `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
    const found = await readEvents(run);
    assert.equal(found.status, 'finished at step 30');
    assert.equal(found.trained, 20_000);
    assert.equal(found.resumes, 1);
    assert.deepEqual(found.photos, { training: 9, validation: 2 });
    assert.deepEqual(
      found.speeds.map(({ step, imagesPerSecond }) => [step, imagesPerSecond]),
      [
        [10, 100],
        [20, 120],
      ],
    );
    assert.deepEqual(found.warnings, [{ time: at(10), code: 'W_X', text: '<b>' }]);
  });

  it('tells a failed, a stopped and a running run apart', () => {
    const status = (...names: string[]) =>
      eventsOf({
        entries: names.map((event) => ({ time: '', event, step: 7, reason: 'no room' })),
        damaged: 0,
      }).status;
    assert.equal(status('started', 'failed'), 'failed: no room');
    assert.equal(status('started', 'stopped', 'warning'), 'stopped at step 7, to be resumed');
    assert.match(status('started', 'saved', 'speed'), /^training, or killed/);
    assert.match(status(), /nothing is known/);
  });

  it('thins curves, and keeps ends and peaks', () => {
    const points = Array.from({ length: 5000 }, (_, step): Point => [step, Math.sin(step / 300)]);
    points[3210] = [3210, 9];
    const few = thinned(points, 100);
    assert.ok(few.length <= 100, `${few.length}`);
    assert.deepEqual([few[0], few.at(-1)], [points[0], points.at(-1)]);
    assert.ok(few.some(([step, value]) => step === 3210 && value === 9));
    assert.ok(few.every(([step], at) => at === 0 || step > (few[at - 1] as Point)[0]));
    assert.deepEqual(thinned(points.slice(0, 5), 100), points.slice(0, 5));
  });
});
