import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  keepMeasurement,
  readReferences,
  readTransfer,
  referencesOf,
} from '../../src/train/references.ts';
import { SpecialistCache } from '../../src/train/specialist-cache.ts';
import { isTransferDue, transferMeasurements } from '../../src/train/transfer-plan.ts';
import { parse } from '../config-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'evensr-transfer-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ids = ['a', 'b'];
const transfer = { a: { a: 30, b: 24 }, b: { a: 28, b: 25 } };
const bicubic = { a: 31, b: null };
const files = {
  references: join(folder, 'x.references.json'),
  transfer: join(folder, 'x.transfer.json'),
};

async function kept(complete: boolean): Promise<void> {
  const references = referencesOf(transfer, bicubic);
  const measured = { key: 'k', steps: 10, transfer, samples: 80, trained: 80 };
  const onLost = (_: string, reason: string) => assert.fail(reason);
  await keepMeasurement(files, measured, { references, complete, onLost });
}

function written(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('the files of a measurement', () => {
  it('are read back', async () => {
    await kept(true);
    assert.deepEqual(await readReferences(files.references, ids), { a: 31, b: 25 });
    assert.deepEqual(await readTransfer(files.transfer, ids), transfer);
  });

  it('of references from before there was a transfer matrix are read', async () => {
    const old = { version: 1, key: 'k', steps: 400, complete: true, references: { a: 1, b: 2 } };
    assert.deepEqual(await readReferences(written('old.json', old), ids), { a: 1, b: 2 });
  });

  it('say what is wrong with them', async () => {
    const refused = (file: string, message: RegExp, code = 'E_TRANSFER') =>
      assert.rejects(() => readTransfer(file, ids), { code, message });
    await kept(true);
    await refused(join(folder, 'none.json'), /none\.json: it /);
    await refused(written('text.json', 'half a fi'), /not written by tasks measure/);
    await refused(written('other.json', { version: 1 }), /not written by tasks measure/);
    await refused(files.references, /references only: give the file NAME\.transfer\.json/);
    await assert.rejects(() => readReferences(files.transfer, ids), {
      code: 'E_REFERENCES',
      message: /transfer matrix: give the file NAME\.references\.json/,
    });
    await assert.rejects(() => readTransfer(files.transfer, ['a', 'c']), {
      message: /other tasks: it has a task b/,
    });
    await assert.rejects(() => readTransfer(files.transfer, ['a', 'b', 'c']), {
      message: /no PSNR of the specialist of a on c/,
    });
    const content = JSON.parse(readFileSync(files.transfer, 'utf8'));
    const holed = { ...content, transfer: { ...transfer, b: { a: null, b: 25 } } };
    await refused(written('holed.json', holed), /no PSNR of the specialist of b on a/);
    const huge = { ...content, transfer: { ...transfer, b: { a: 1e6, b: 25 } } };
    await refused(written('huge.json', huge), /no PSNR of the specialist of b on a/);
    await kept(false);
    await refused(files.transfer, /not complete/);
  });
});

describe('the cache of specialists', () => {
  const name = { key: 'k', task: 'a' };
  const specialist = { psnr: { a: 30, b: null }, weights: Buffer.from('weights') };

  it('gives back what was put in, and nothing else', async () => {
    const cache = new SpecialistCache(join(folder, 'cache'));
    assert.equal(await cache.read(name, ids, false), undefined);
    await cache.write(name, specialist);
    assert.deepEqual(await cache.read(name, ids, true), specialist);
    assert.deepEqual(await cache.read(name, ids, false), { ...specialist, weights: null });
    assert.equal(await cache.read({ ...name, key: 'other' }, ids, false), undefined);
    assert.equal(await cache.read(name, ['a', 'b', 'c'], false), undefined);
  });

  it('has no weights of one that was measured without', async () => {
    const cache = new SpecialistCache(join(folder, 'rows'));
    await cache.write(name, { ...specialist, weights: null });
    assert.equal(await cache.read(name, ids, true), undefined);
    assert.deepEqual((await cache.read(name, ids, false))?.psnr, specialist.psnr);
  });

  it('takes what is damaged, or of another specialist, for not there', async () => {
    const cache = new SpecialistCache(join(folder, 'damaged'));
    await cache.write(name, specialist);
    const row = join(folder, 'damaged', 'k', 'a.json');
    const text = readFileSync(row, 'utf8');
    writeFileSync(join(folder, 'damaged', 'k', 'a.safetensors'), 'Weights');
    assert.equal(await cache.read(name, ids, true), undefined);
    for (const bad of [text.slice(0, -9), text.replace('"k"', '"l"'), text.replace('30', 'null')]) {
      writeFileSync(row, bad);
      assert.equal(await cache.read(name, ids, false), undefined, bad);
    }
  });
});

describe('the transfer matrix of a run', () => {
  const config = (plan: string, warmup = 20) =>
    parse(
      `images: {train: photos}\nbalance: {rule: transfer-matrix, warmup: ${warmup}, every: 10, transfer: ${plan}}`,
    );

  it('is measured at the first update, and then as often as it says', () => {
    const once = config('{specialistSteps: 10}');
    assert.equal(isTransferDue(20, undefined, once), true);
    assert.equal(isTransferDue(2000, 20, once), false);
    assert.equal(transferMeasurements(100, once), 1);
    const often = config('{specialistSteps: 10, every: 25}');
    assert.equal(isTransferDue(44, 20, often), false);
    assert.equal(isTransferDue(45, 20, often), true);
    assert.equal(isTransferDue(20, 20, often), false);
    // Updates at 20, 30, …, 100: 20, 50 and 80 measure.
    assert.equal(transferMeasurements(100, often), 3);
    assert.equal(transferMeasurements(19, often), 0);
    assert.equal(transferMeasurements(10, config('{specialistSteps: 10}', 0)), 1);
  });

  it('is never measured when it is given', () => {
    const given = config('x.transfer.json');
    assert.equal(isTransferDue(20, undefined, given), false);
    assert.equal(transferMeasurements(100, given), 0);
  });
});
