import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bar, duration, grouped, shortened, signed } from '../../src/commands/screen/format.ts';
import { speaksUnicode } from '../../src/commands/screen/live.ts';
import { measuredLine, plainLine, renderScreen } from '../../src/commands/screen/render.ts';
import type { ScreenState } from '../../src/commands/screen/state.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const psnr = fc.option(fc.double({ min: -100, max: 200, noNaN: true }));
const amount = fc.double({ min: 0, max: 1e9, noNaN: true });

const anyTask = fc.record({
  id: fc.stringMatching(/^[a-z][a-z0-9-]{0,60}$/),
  quota: share,
  anchor: share,
  kpi: fc.option(share),
  psnr,
  previousPsnr: psnr,
  reference: psnr,
});

const anyState: fc.Arbitrary<ScreenState> = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  step: fc.nat(),
  steps: fc.nat(),
  loss: fc.option(amount),
  discriminatorLoss: fc.option(amount),
  learningRate: share,
  imagesPerSecond: fc.option(amount),
  secondsLeft: fc.option(amount),
  milliseconds: fc.option(amount),
  split: fc.option(fc.record({ data: share, degrade: share, network: share })),
  tasks: fc.array(anyTask, { maxLength: 30 }),
  savedStep: fc.option(fc.nat()),
  skipped: fc.nat(),
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const colours = /\x1b\[\d+m/g;

const known: ScreenState = {
  name: 'demo',
  step: 1240,
  steps: 3000,
  loss: 0.03123,
  discriminatorLoss: null,
  learningRate: 3.8e-4,
  imagesPerSecond: 186.3,
  secondsLeft: 131,
  milliseconds: 86,
  split: { data: 0.02, degrade: 0.11, network: 0.87 },
  savedStep: 1000,
  skipped: 0,
  tasks: [
    {
      id: 'small-noisy',
      quota: 0.25,
      anchor: 0.125,
      kpi: 0.912,
      psnr: 22.5,
      previousPsnr: 22.4,
      reference: 22.9,
    },
    {
      id: 'full-clean',
      quota: 0.75,
      anchor: 0.875,
      kpi: null,
      psnr: null,
      previousPsnr: null,
      reference: null,
    },
  ],
};

describe('training screen', () => {
  it('is never wider or higher than the terminal, whatever it has to show', () => {
    const size = fc.record({
      width: fc.integer({ min: 40, max: 220 }),
      height: fc.integer({ min: 12, max: 60 }),
    });
    fc.assert(
      fc.property(anyState, size, fc.boolean(), (state, { width, height }, unicode) => {
        const lines = renderScreen(state, { width, height, unicode, color: false });
        for (const line of lines) assert.ok([...line].length <= width, `${width}: ${line}`);
        assert.ok(lines.length <= height, `${lines.length} lines of ${height}`);
        if (!unicode) assert.match(lines.join(''), /^[\x20-\x7e]*$/);
      }),
      { numRuns: 300 },
    );
  });

  it('shows every figure of the run and of each task', () => {
    const text = renderScreen(known, { width: 100, color: false, unicode: true }).join('\n');
    const wanted = [
      'demo',
      'step 1,240 / 3,000',
      '41 %',
      'ETA 0:02:11',
      'loss 0.03123',
      'learning rate 3.80e-4',
      '186 images/s',
      'data 2 %, degrade 11 %, network 87 %',
      'mean PSNR 22.50 dB',
      'saved at step 1,000',
    ];
    for (const part of wanted) assert.ok(text.includes(part), part);
    assert.match(text, /small-noisy +█+▓█+[▉-▏]? +25\.0 % +0\.912 +22\.50 +-0\.40 +\+0\.10/);
    assert.match(text, /full-clean +█+[▉-▏]? +│ +75\.0 %( +–){4}/);
  });

  it('drops what is least needed when the terminal is narrow, never a figure of a task', () => {
    const text = renderScreen(known, { width: 60, color: false, unicode: true }).join('\n');
    assert.match(text, /small-noisy +[█▓▉-▏ ]+25\.0 % +0\.912 +22\.50 +-0\.40$/m);
    assert.ok(!text.includes('change'));
  });

  it('colours without changing the text', () => {
    const plain = renderScreen(known, { width: 90, color: false, unicode: true });
    const coloured = renderScreen(known, { width: 90, color: true, unicode: true });
    assert.notDeepEqual(coloured, plain);
    assert.deepEqual(
      coloured.map((line) => line.replace(colours, '')),
      plain,
    );
  });

  it('counts the tasks for which there is no room', () => {
    const tasks = Array.from({ length: 30 }, (_, i) => ({
      ...known.tasks[0],
      id: `t${i}`,
    })) as ScreenState['tasks'];
    const lines = renderScreen(
      { ...known, tasks },
      { width: 100, height: 20, color: false, unicode: true },
    );
    assert.ok(lines.some((line) => line.startsWith('t11 ')));
    assert.ok(lines.includes('and 18 more tasks'));
  });

  it('says the same in plain lines', () => {
    assert.equal(
      plainLine(known),
      'step 1,240/3,000  loss 0.03123  learning rate 3.80e-4  186 images/s  86.0 ms/step  data 2 %, degrade 11 %, network 87 %  ETA 0:02:11',
    );
    assert.match(plainLine({ ...known, discriminatorLoss: 1.25 }), / {2}discriminator 1\.250 {2}/);
    assert.equal(
      measuredLine(known),
      'measured at step 1,240: mean PSNR 22.50 dB | small-noisy 22.50 dB KPI 0.912 quota 25.0 % | full-clean - quota 75.0 %',
    );
  });

  it('writes numbers, times and bars exactly', () => {
    assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ['0', '999', '1,000', '1,234,567']);
    assert.deepEqual([0, 59.6, 3661, 90_061].map(duration), [
      '0:00:00',
      '0:01:00',
      '1:01:01',
      '1 d 1:01:01',
    ]);
    assert.deepEqual([0, -0.001, 0.06, -1.5].map(signed), ['+0.00', '-0.00', '+0.06', '-1.50']);
    assert.deepEqual(
      [0, 0.5, 1, 2].map((x) => bar(x, 4, true)),
      ['', '██', '████', '████'],
    );
    assert.equal(bar(0.4, 4, true), '█▌');
    assert.equal(bar(0.5, 4, false), '##');
    assert.equal(shortened('medium-very-noisy', 10), 'medi..oisy');
  });

  it('uses block characters only where the locale has them', () => {
    assert.equal(speaksUnicode({ LANG: 'C.UTF-8' }), true);
    assert.equal(speaksUnicode({ LANG: 'de_DE.utf8' }), true);
    assert.equal(speaksUnicode({ LC_ALL: 'C', LANG: 'C.UTF-8' }), false);
    assert.equal(speaksUnicode({}), false);
  });
});
