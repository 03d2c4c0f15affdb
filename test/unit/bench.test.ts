import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shareBeyond } from '../../src/bench/agreement.ts';
import { benchmarkChart } from '../../src/bench/chart.ts';
import { contest } from '../../src/bench/contest.ts';
import { floorOf, floorOfAll } from '../../src/bench/floor.ts';
import { operatorLines, recordedOperator } from '../../src/bench/operators.ts';
import { cpuPressure } from '../../src/bench/pressure.ts';
import type { RecordedCase } from '../../src/bench/record.ts';
import {
  batchesAhead,
  recordedScaling,
  type ScalingCell,
  spreadOfBatches,
  threadCounts,
} from '../../src/bench/scaling.ts';
import { pairedRatio, percentile, summaryOf } from '../../src/bench/statistics.ts';
import { caseTable, operatorTable, scalingTable } from '../../src/commands/bench-tables.ts';

const hardware = { peak: 100, copy: 50 };

describe('statistics', () => {
  it('are the median and the outer tenths of unsorted samples', () => {
    const samples = Array.from({ length: 21 }, (_, i) => ((i * 8) % 21) + 1);
    assert.deepEqual(summaryOf(samples), { median: 11, p10: 3, p90: 19, n: 21 });
    assert.ok(Number.isNaN(percentile([], 0.5)));
  });

  it('compare neighbours, so that a machine that slows down changes no ratio', () => {
    const own = [1, 2, 4, 8, 16];
    const theirs = own.map((time) => 3 * time);
    assert.equal(pairedRatio(theirs, own), 3);
  });
});

describe('contest', () => {
  const sampleTimes = async (patience: Parameters<typeof contest>[1], ...names: string[]) => {
    const order: string[] = [];
    const contenders = names.map((name) => ({
      once: async () => order.push(name),
    }));
    return { samples: await contest(contenders, patience), order };
  };

  it('takes turns and gives every contender as many samples', async () => {
    const { samples, order } = await sampleTimes({ samples: 3, seconds: 60, least: 1 }, 'A', 'B');
    assert.equal(order.join(''), 'ABABABAB', 'one warm-up and three samples');
    assert.deepEqual(
      samples.map((all) => all.length),
      [3, 3],
    );
  });

  it('ends early when a contender takes long, but never below the least', async () => {
    const { samples } = await sampleTimes({ samples: 1000, seconds: 0, least: 2 }, 'A');
    assert.equal(samples[0]?.length, 2);
  });
});

describe('floors', () => {
  it('are the longer of arithmetic and bytes', () => {
    assert.deepEqual(floorOf({ flop: 1000, bytes: 100 }, hardware), { nanoseconds: 10, by: 'fma' });
    assert.deepEqual(floorOf({ flop: 100, bytes: 1000 }, hardware), {
      nanoseconds: 20,
      by: 'copy',
    });
    const all = [
      { flop: 1000, bytes: 100 },
      { flop: 100, bytes: 1000 },
    ];
    assert.equal(floorOfAll(all, hardware), 30);
  });

  it('give each operator its share, slowest first, USM last and of the whole', () => {
    const profile = [
      { operator: 'usm', nanoseconds: 6000, calls: 2, flop: 60_000, bytes: 0 },
      { operator: 'clamp', nanoseconds: 1000, calls: 2, flop: 0, bytes: 10_000 },
      { operator: 'blur', nanoseconds: 3000, calls: 2, flop: 240_000, bytes: 0 },
    ];
    const lines = operatorLines([profile], 2, hardware);
    assert.deepEqual(
      lines.map((line) => [line.operator, line.time.median, line.share, line.gflops]),
      [
        ['blur', 1.5, 0.75, 80],
        ['clamp', 0.5, 0.25, 0],
        ['usm', 3, 0.6, 10],
      ],
    );
    assert.deepEqual(
      lines.map((line) => [line.floor, line.floorShare.toFixed(2)]),
      [
        ['fma', '0.80'],
        ['copy', '0.20'],
        ['fma', '0.10'],
      ],
    );
    const [, clamp] = lines.map(recordedOperator);
    assert.deepEqual(clamp, {
      ...{ name: 'op/clamp', unit: 'us/image', median: 0.5, p10: 0.5, p90: 0.5, n: 1 },
      ...{ floorShare: 0.2, peers: [] },
    });
    const table = operatorTable(lines, {
      ...{ space: 'real-esrgan', hardware, side: 256, images: 2 },
    });
    assert.match(
      table[3] as string,
      /^blur +1.50 +75.0 % +80.0 +FMA +80 %$/,
      'no reason is needed',
    );
    assert.match(table[4] as string, /^clamp .* memory +20 % +\S/, 'below half the reason stands');
  });
});

describe('agreement', () => {
  const own = Float32Array.of(0, 10 / 255, 1);

  it('allows what rounding to 8 bits takes away, and not more', () => {
    const share = (...theirs: number[]) =>
      shareBeyond(own, Float32Array.from(theirs), { tolerance: 1e-5, rounding: true });
    assert.equal(share(-0.2, 10.49 / 255, 1.3), 0, 'what lies outside of [0, 1] is clamped');
    assert.equal(share(0, 10.51 / 255, 1), 1 / 3);
    assert.equal(share(0, Number.NaN, 1), 1 / 3);
    assert.equal(share(0, 10 / 255), 1, 'another size');
  });
});

describe('pressure', () => {
  it('is the share of the last ten seconds, unknown without the file', () => {
    const text = 'some avg10=7.25 avg60=1.00 avg300=0.50 total=1\nfull avg10=0.00 avg60=0.00\n';
    assert.equal(
      cpuPressure(() => text),
      7.25,
    );
    assert.ok(
      Number.isNaN(
        cpuPressure(() => {
          throw new Error('ENOENT');
        }),
      ),
    );
  });
});

const peer = { name: 'torch', version: '2.13.0', median: 16, ratio: 8 };
const whole: RecordedCase = {
  ...{ name: 'degrade/256', unit: 'ms/image', median: 2, p10: 1.9, p90: 2.5, n: 20 },
  ...{ floorShare: 0.5, peers: [peer] },
};
const blur: RecordedCase = { ...whole, name: 'op/blur/dense', unit: 'us/image', peers: [] };
/** The machine gets slower from round to round, for all cells; batches of 1 take a fifth longer. */
const cells: ScalingCell[] = threadCounts(6).flatMap((threads) =>
  [1, 64].map((batch) => ({
    ...{ batch, threads, floorShare: 0.5 },
    samples: [1, 2, 4].map((slower) => (slower * (batch === 1 ? 6 : 5)) / threads),
  })),
);

describe('tables', () => {
  it('show times, images a second and the ratio to each peer', () => {
    const two = { ...whole, peers: [peer, { ...peer, name: 'other', ratio: 3 }] };
    const [, , , first, second] = caseTable([two], 2);
    assert.match(
      first as string,
      /^degrade\/256 +2.00 +1.90-2.50 +20 +500 +50 % +torch 2.13.0 +16.0 +8.00$/,
    );
    assert.match(second as string, /^ +other 2.13.0 +16.0 +3.00$/);
  });

  it('show images a second by batch and threads, and what the threads gain', () => {
    assert.deepEqual(threadCounts(6), [1, 2, 4, 6]);
    assert.deepEqual(threadCounts(1), [1]);
    const [, head, , one, many, spread] = scalingTable(cells, 256);
    assert.match(
      head as string,
      /1 thread +2 threads +4 threads +6 threads +2 \/ 1 +4 \/ 1 +6 \/ 1/,
    );
    assert.match(one as string, /^ +1 +83.3 +167 +333 +500 +2.00 +4.00 +6.00$/);
    assert.match(many as string, /^ +64 +100 +200 +400 +600 +2.00 +4.00 +6.00$/);
    assert.match(spread as string, /: 20.0 % with 1 thread, 20.0 % with 2 threads, /);
  });
});

describe('batches and threads', () => {
  it('are recorded as cases, their peers one thread and the largest batch', () => {
    const found = recordedScaling(cells).find(
      ({ name }) => name === 'scaling/batch-1/threads-2',
    ) as RecordedCase;
    const { peers, ...own } = found;
    assert.deepEqual(own, {
      ...{ name: 'scaling/batch-1/threads-2', unit: 'ms/image', floorShare: 0.5 },
      ...{ median: 6, p10: 3, p90: 12, n: 3 },
    });
    assert.deepEqual(
      peers.map(({ name, median, ratio }) => [name, median, ratio.toFixed(3)]),
      [
        ['evensr, 1 thread', 12, '2.000'],
        ['evensr, batch 64', 5, '0.833'],
      ],
    );
    const largest = recordedScaling(cells).find(
      ({ name }) => name === 'scaling/batch-64/threads-1',
    );
    assert.deepEqual(largest?.peers, []);
  });

  it('are asked for ahead, more of them when they are small', () => {
    const ahead = [1, 2, 4, 64].map((batch) => batchesAhead(batch, 2));
    assert.deepEqual(ahead, [8, 4, 3, 3]);
    assert.equal(batchesAhead(1, 1), 4);
  });

  it('spread over the batches of as many threads', () => {
    assert.equal(spreadOfBatches(cells, 1).toFixed(3), '0.200');
    const faster = cells.filter(({ batch, threads }) => batch === 64 || threads === 1);
    assert.equal(spreadOfBatches(faster, 2), 0);
    assert.ok(Number.isNaN(spreadOfBatches(cells, 3)));
  });
});

describe('chart', () => {
  const about = { machine: 'a <b> & c', cpu: 'CPU', threads: 2, commit: 'abc', date: '2026-11-24' };

  it('is one SVG that names all that was measured', () => {
    const cases = [whole, ...recordedScaling(cells), blur];
    const svg = benchmarkChart({ ...about, cases }, cells);
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    for (const text of ['degrade/256', '500, 8.0 × torch', '63 torch', 'blur/dense', '6 threads'])
      assert.ok(svg.includes(`>${text}<`), text);
    assert.ok(svg.includes('50 % of floor'));
    assert.ok(!svg.includes('scaling/'), 'cells are lines, not bars');
    assert.ok(svg.includes('a &lt;b&gt; &amp; c'), 'text is escaped');
  });

  it('leaves out what was not measured', () => {
    const svg = benchmarkChart({ ...about, cases: [blur] }, []);
    assert.ok(!svg.includes('Images a second'));
    assert.ok(svg.includes('>blur/dense<'));
  });
});
