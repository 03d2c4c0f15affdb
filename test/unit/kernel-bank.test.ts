import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readKernelBank } from '../../src/data/kernel-bank.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'evensr-kernels-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const file = join(folder, 'kernels.json');
  writeFileSync(file, text);
  return file;
}

const flat = (value: number, size = 3) => new Array<number>(size * size).fill(value);

test('kernels are read in order and scaled to the sum 1', async () => {
  const uneven = [0, 0, 0, 0, 3, 1, 0, 0, 0];
  const bank = await readKernelBank(
    written(JSON.stringify({ size: 3, kernels: [flat(2), uneven] })),
  );
  assert.deepEqual([bank.size, bank.count, bank.taps.length], [3, 2, 18]);
  assert.equal(bank.taps[0], Math.fround(1 / 9));
  assert.deepEqual([...bank.taps.slice(12, 15)], [0, 0.75, 0.25]);
  const other = await readKernelBank(written(JSON.stringify({ size: 3, kernels: [flat(2)] })));
  assert.match(bank.sha256, /^[0-9a-f]{64}$/);
  assert.notEqual(other.sha256, bank.sha256);
});

const refused: [text: string, message: RegExp][] = [
  ['{', /kernels\.json: is no JSON/],
  ['[]', /it: .*object/],
  ['{"size": 4, "kernels": [[1]]}', /size: must be odd/],
  ['{"size": 27, "kernels": [[1]]}', /size: .*25/],
  ['{"size": 3, "kernels": []}', /kernels: /],
  ['{"size": 3, "kernels": [["a"]]}', /kernels\.0\.0: .*number/],
  ['{"size": 3, "kernels": [[1e999]]}', /kernels\.0\.0: /],
  ['{"size": 3, "kernels": [[1, 2]]}', /kernel 1 has 2 numbers, not 3 x 3/],
  [JSON.stringify({ size: 3, kernels: [flat(1), flat(0)] }), /kernel 2 sums to 0/],
  [JSON.stringify({ size: 3, kernels: [flat(-1)] }), /kernel 1 sums to -9/],
  [JSON.stringify({ size: 3, kernels: [flat(1e308)] }), /kernel 1 sums to Infinity/],
  [
    JSON.stringify({ size: 3, kernels: [[1e300, -1e300, 1e-300, 0, 0, 0, 0, 0, 0]] }),
    /kernel 1 is too uneven/,
  ],
  ['{"size": 3, "kernel": []}', /kernels: .*array/],
];

for (const [text, message] of refused) {
  test(`refuses ${text.slice(0, 60)}`, async () => {
    await assert.rejects(
      readKernelBank(written(text)),
      (error: { code: string; exitCode: number; message: string }) =>
        error.code === 'E_KERNELS' && error.exitCode === 2 && message.test(error.message),
    );
  });
}

test('a file that is not there is refused by name', async () => {
  await assert.rejects(readKernelBank(join(folder, 'none.json')), {
    code: 'E_KERNELS',
    message: `${join(folder, 'none.json')}: cannot be opened (ENOENT)`,
  });
});
