import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setProgressLine } from '../../src/commands/degrade-progress.ts';
import { progressLine } from '../../src/commands/upscale-progress.ts';

const progress = {
  ...{ total: 50_000, done: 4000, skipped: 9100, failed: 2, notReached: 0 },
  ...{ inWork: 0.5, outputPixels: 16e9 },
};

it('the progress of a batch is a line that fits', () => {
  const facts = { toDo: 40_898, seconds: 100, rss: 3.1e9 };
  assert.equal(
    progressLine(progress, facts),
    'upscale 13,102/50,000  26 %  40.0 images/s  160 MP/s  eta 0:15:22  failed 2  skipped 9,100  rss 3.1 GB',
  );
  assert.equal(progressLine(progress, facts, 40), 'upscale 13,102/50,000  26 %');
  const begin = { ...progress, done: 0, skipped: 0, failed: 0, inWork: 0, outputPixels: 0 };
  assert.equal(
    progressLine(begin, { ...facts, seconds: 0 }),
    'upscale 0/50,000  0 %  40,898 to do  failed 0  rss 3.1 GB',
  );
  // One large picture shows how far it is.
  const large = { ...begin, total: 1, inWork: 0.25, outputPixels: 10e6 };
  assert.match(progressLine(large, facts), /0\/1 {2}25 % .*0\.1 MP\/s {2}eta 0:05:00/);
});

it('the progress of a set is a line with its speed and the time left', () => {
  const facts = { seconds: 100, rss: 210e6 };
  assert.equal(
    setProgressLine({ total: 1_000_000, done: 40_000, skipped: 60_000 }, facts),
    'degrade 100,000/1,000,000  10 %  400 images/s  eta 0:37:30  made before 60,000  rss 210 MB',
  );
  assert.equal(
    setProgressLine({ total: 8, done: 0, skipped: 0 }, { ...facts, seconds: 0 }),
    'degrade 0/8  0 %  8 to do  rss 210 MB',
  );
  assert.equal(setProgressLine({ total: 0, done: 0, skipped: 0 }, facts, 24), 'degrade 0/0  100 %');
});
