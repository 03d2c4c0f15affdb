import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { entryText, JsonLines } from '../../src/report/json-lines.ts';

describe('metrics as JSON lines', () => {
  let folder: string;
  let next = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-metrics-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const warnings: string[] = [];
  const warn = (code: string, text: string): number => warnings.push(`${code} ${text}`);
  const newFile = (): string => join(folder, `${next++}.jsonl`);
  const entry = (step: number) => ({ step, loss: 1 / (step + 2), psnr: { a: Math.sqrt(step) } });

  it('writes numbers that read back to the same bits', () => {
    const number = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((x) => !Object.is(x, -0));
    fc.assert(
      fc.property(number, (loss) => {
        const back = JSON.parse(entryText({ step: 1, loss })) as { loss: number };
        assert.ok(Object.is(back.loss, loss));
      }),
    );
    const odd = {
      step: 1,
      a: Number.POSITIVE_INFINITY,
      b: Number.NEGATIVE_INFINITY,
      c: Number.NaN,
    };
    assert.equal(entryText(odd), '{"step":1,"a":"inf","b":"-inf","c":"nan"}');
  });

  it('equals the file of an uninterrupted run after any stop and resume', () => {
    const whole = newFile();
    const uninterrupted = new JsonLines(whole, { warn });
    for (let step = 0; step <= 30; step += 3) uninterrupted.append(entry(step));
    uninterrupted.close();
    const expected = readFileSync(whole, 'utf8');
    const file = newFile();
    fc.assert(
      fc.property(fc.nat(30), fc.nat(10), fc.nat(60), (saved, more, torn) => {
        const first = new JsonLines(file, { warn });
        for (let step = 0; step <= Math.min(30, saved + more); step += 3) first.append(entry(step));
        first.close();
        appendFileSync(file, `${entryText(entry(33))}\n`.slice(0, torn));
        const second = new JsonLines(file, { warn, resumedStep: saved });
        const start = (Math.floor(saved / 3) + 1) * 3;
        for (let step = start; step <= 30; step += 3) second.append(entry(step));
        second.close();
        assert.equal(readFileSync(file, 'utf8'), expected);
      }),
      { numRuns: 60 },
    );
    assert.deepEqual(warnings, []);
  });

  it('cuts a run that was resumed twice, with lines out of order, at the first that is not newer', () => {
    const file = newFile();
    writeFileSync(file, '{"step":1}\n{"step":2}\n{"step":2}\n{"step":3}\n');
    const log = new JsonLines(file, { warn, resumedStep: 9 });
    log.append({ step: 10 });
    log.close();
    assert.equal(readFileSync(file, 'utf8'), '{"step":1}\n{"step":2}\n{"step":10}\n');
    assert.deepEqual(warnings.splice(0), [`W_LOG ${file} is damaged after step 2 - cut off there`]);
  });

  it('starts empty without a resumed step', () => {
    const file = newFile();
    writeFileSync(file, '{"step":0}\n');
    new JsonLines(file, { warn }).close();
    assert.equal(readFileSync(file, 'utf8'), '');
  });

  it('refuses a step that is not greater than the last', () => {
    const log = new JsonLines(newFile(), { warn });
    log.append({ step: 4 });
    assert.throws(() => log.append({ step: 4 }), /step 4 after step 4/);
    assert.throws(() => log.append({ step: Number.NaN }));
    log.close();
  });

  it('warns once when the file cannot be written, keeps the newest entries, and catches up', () => {
    const file = join(folder, 'not-yet', 'm.jsonl');
    warnings.length = 0;
    const log = new JsonLines(file, { warn, ring: 3 });
    for (let step = 0; step < 5; step++) log.append({ step });
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^W_LOG .*m\.jsonl cannot be written \(ENOENT\) - training goes on/,
    );
    mkdirSync(join(folder, 'not-yet'));
    log.append({ step: 5 });
    log.close();
    assert.equal(readFileSync(file, 'utf8'), '{"step":3}\n{"step":4}\n{"step":5}\n');
    assert.match(warnings[1] ?? '', /can be written again/);
  });

  it('takes half a line back when the disk is full, and training goes on', () => {
    const file = newFile();
    const module = new URL('../../src/report/json-lines.js', import.meta.url).href;
    const script = `import { JsonLines } from ${JSON.stringify(module)};
      const log = new JsonLines(${JSON.stringify(file)}, { warn: (code) => console.log(code) });
      for (let step = 0; step < 400; step++) log.append({ step, text: 'x'.repeat(100) });
      log.close();`;
    const command = `ulimit -f 8; exec "$0" --input-type=module -e "$1"`;
    const child = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    assert.equal(child.stdout, 'W_LOG\n', child.stderr);
    const text = readFileSync(file, 'utf8');
    assert.ok(text.length > 3000 && text.length <= 8192 && text.endsWith('}\n'));
    const steps = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step);
    assert.deepEqual(steps, [...steps.keys()]);
  });
});
