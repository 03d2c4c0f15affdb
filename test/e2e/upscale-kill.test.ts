import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/rng.ts';
import { leftovers, sha256Of, treeOf, UpscaleBench } from './upscale-kit.ts';

const kills = 50;
const pictures = 160;
const seed = Number(process.env.EVENSR_SEED ?? Math.floor(Math.random() * 2 ** 32));

describe('a batch that is killed again and again', () => {
  let bench: UpscaleBench;
  before(async () => {
    bench = new UpscaleBench();
    for (let i = 0; i < pictures; i++)
      await bench.picture(`in/${i % 7}/${i}.png`, i, 16 + (i % 5), 16 + (i % 3));
  });
  after(() => bench.remove());

  const journal = () => {
    const path = bench.path('out/.evensr/journal.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };

  /** What the kill interrupted, as the folder shows it. */
  function phase(before: string): string {
    if (!existsSync(bench.path('out/.evensr/tmp'))) return 'start';
    const text = journal();
    if (text === before && leftovers(bench.path('out')).every((name) => name.startsWith('lock-')))
      return 'start';
    if (!text.endsWith('\n')) return 'journal';
    const last = new Map<string, string>();
    for (const line of text.split('\n').filter(Boolean)) {
      const { begin, done } = JSON.parse(line) as { begin?: string; done?: string };
      if (begin ?? done) last.set(begin ?? done ?? '', begin === undefined ? 'done' : 'begin');
    }
    return [...last.values()].includes('begin') ? 'rename' : 'work';
  }

  it('ends with the tree of one that was not', { timeout: 600_000 }, async (test) => {
    test.diagnostic(`EVENSR_SEED=${seed}`);
    const random = new Random(seed, 0, 0);
    const whole = await bench.run('-i', 'in', '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);
    const wanted = treeOf(bench.path('whole'), sha256Of);
    assert.equal(Object.keys(wanted).length, pictures);

    const hit: Record<string, number> = {};
    for (let kill = 0; kill < kills; ) {
      const before = journal();
      const { child, finished } = bench.start(['-i', 'in', '-o', 'out', '--quiet']);
      const ended = finished.then(() => true);
      if (kill % 8 === 0) await Promise.race([sleep(random.between(0, 700)), ended]);
      else {
        while (journal() === before && !(await Promise.race([sleep(2, false), ended])));
        await Promise.race([sleep(random.between(0, 120)), ended]);
      }
      child.kill('SIGKILL');
      const { signal, code, stderr } = await finished;
      if (signal === 'SIGKILL') {
        const met = phase(before);
        hit[met] = (hit[met] ?? 0) + 1;
        kill++;
      } else assert.equal(code, 0, stderr);
      if (!existsSync(bench.path('out'))) continue;
      for (const [name, hash] of Object.entries(treeOf(bench.path('out'), sha256Of)))
        assert.equal(hash, wanted[name], `${name} after kill ${kill}`);
      if (signal !== 'SIGKILL') rmSync(bench.path('out'), { recursive: true });
    }
    test.diagnostic(`kills: ${JSON.stringify(hit)}`);
    const inWork = kills - (hit.start ?? 0);
    assert.ok(inWork >= kills / 2, `only ${inWork} kills met work`);
    assert.ok((hit.rename ?? 0) > 0, 'no kill met the moment before an output has its name');

    const last = await bench.run('-i', 'in', '-o', 'out');
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(treeOf(bench.path('out'), sha256Of), wanted);
    assert.deepEqual(leftovers(bench.path('out')), []);
  });
});
