import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/rng.ts';
import { DegradeBench } from './degrade-kit.ts';

const seed = Number(process.env.EVENSR_SEED ?? Math.floor(Math.random() * 2 ** 32));
const kills = 8;
const set = ['--crop', '96', '--total', '400', '--threads', '1', '--quiet'];
const containers = { files: [], archives: ['--shards-of', '25'] };

describe('a set that is killed again and again', () => {
  let bench: DegradeBench;
  before(async () => {
    bench = new DegradeBench();
    await bench.photo('wave.png', 200, 180);
  });
  after(() => bench.remove());

  const lines = (folder: string): number => {
    const part = bench.path(folder, '.evensr', 'records-1-of-1.part.jsonl');
    return existsSync(part) ? readFileSync(part, 'utf8').split('\n').length - 1 : 0;
  };

  for (const [name, options] of Object.entries(containers)) {
    it(`ends with the files of one that was not, as ${name}`, {
      timeout: 600_000,
    }, async (test) => {
      test.diagnostic(`EVENSR_SEED=${seed}`);
      const random = new Random(seed, 0, 0);
      const [whole, out] = [`whole-${name}`, `out-${name}`];
      const first = bench.run(...set, ...options, '-o', bench.path(whole));
      assert.equal(first.status, 0, first.stderr);
      const wanted = bench.tree(whole);

      let met = 0;
      let kept = 0;
      for (let kill = 0; kill < kills; ) {
        const { child, finished } = bench.start(...set, ...options, '-o', bench.path(out));
        const before = lines(out);
        assert.ok(before >= kept, `${kept - before} finished samples were lost`);
        const ended = finished.then(() => true);
        while (lines(out) === before && !(await Promise.race([sleep(3, false), ended])));
        await Promise.race([sleep(random.between(0, 60)), ended]);
        child.kill('SIGKILL');
        const { signal, code, stderr } = await finished;
        kept = lines(out);
        for (const [file, hash] of Object.entries(bench.tree(out)))
          assert.equal(hash, wanted[file], `${file} after kill ${kill}`);
        if (signal === 'SIGKILL') {
          kill++;
          if (kept > 0) met++;
          continue;
        }
        assert.equal(code, 0, stderr);
        rmSync(bench.path(out), { recursive: true });
        kept = 0;
      }
      test.diagnostic(`${met} of ${kills} kills met work`);
      assert.ok(met >= kills / 2);

      const done = lines(out);
      const last = bench.run(...set, ...options, '-o', bench.path(out));
      assert.equal(last.status, 0, last.stderr);
      const unit = name === 'archives' ? 25 : 1;
      const skipped = done - (done % unit);
      assert.match(last.stdout, new RegExp(`^done ${400 - skipped} pairs \\| skipped ${skipped} `));
      assert.deepEqual(bench.tree(out), wanted);
      assert.deepEqual(readdirSync(bench.path(out, '.evensr', 'tmp', '1-of-1')), []);
    });
  }

  it('ends its work in order when it is told to stop', { timeout: 600_000 }, async () => {
    const { child, finished } = bench.start(...set, '-o', bench.path('stopped'));
    const ended = finished.then(() => true);
    while (lines('stopped') === 0 && !(await Promise.race([sleep(3, false), ended])));
    child.kill('SIGTERM');
    const { code, stderr } = await finished;
    assert.equal(code, 143, stderr);
    assert.ok(lines('stopped') > 0);
    const files = Object.keys(bench.tree('stopped')).filter((file) => file.startsWith('lq/'));
    assert.equal(files.length, lines('stopped'));
    const last = bench.run(...set, '-o', bench.path('stopped'));
    assert.equal(last.status, 0, last.stderr);
    assert.deepEqual(bench.tree('stopped'), bench.tree('whole-files'));
  });
});
