import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { srvgg } from '../../src/network/srvgg.ts';
import { makeBatch, makeTrainer } from './networks.ts';

const addonFile = fileURLToPath(
  new URL('../../../build/native/Release/evensr.node', import.meta.url),
);
type Anything = (...values: unknown[]) => unknown;
const addon = createRequire(import.meta.url)(addonFile) as Record<string, Anything>;
const call = (name: string, ...values: unknown[]) => (addon[name] as Anything)(...values);

const size = { height: 12, width: 12 };
const pixels = () => new Uint8Array(12 * 12 * 3).map((_, i) => (i * 7) & 255);
const resized = (image: unknown, shape: unknown = size) =>
  call(
    'resizeImage',
    image,
    shape,
    { height: 6, width: 6 },
    { antialias: true },
  ) as Promise<Uint8Array>;

describe('every exported function', () => {
  const odd = [undefined, null, -1, Number.NaN, 2 ** 53, '', 'x', 1n, Symbol('s'), true, [], {}];
  const others = [
    () => {},
    new Proxy({}, {}),
    new Uint8Array(1),
    new Float64Array(36),
    new Date(0),
  ];

  /** What can be called without arguments. */
  const harmless = new Set(['info', 'recipeLayout', '_networkOps']);

  for (const name of Object.keys(addon)) {
    if (harmless.has(name)) continue;
    it(`${name} answers wrong arguments with an error`, async () => {
      for (const value of [...odd, ...others]) {
        for (let count = 0; count <= 10; count++) {
          const values = new Array<unknown>(count).fill(value);
          await assert.rejects(
            async () => await call(name, ...values),
            (error: Error & { code?: string }) =>
              error instanceof TypeError ||
              error instanceof RangeError ||
              /^E_(SHAPE|PACK|DISK)$/.test(error.code ?? ''),
            `${name}(${count} x ${String(value)})`,
          );
        }
      }
    });
  }
});

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

/** ES2024, which the compiler's library does not know yet. */
const resizable = (bytes: number) =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: 1000 }]) as Resizable;

describe('sizes and buffers', () => {
  it('numbers that are no size are refused', () => {
    for (const height of [-1, 0, 0.5, 2 ** 31, 2 ** 53, 1e308])
      assert.throws(() => resized(pixels(), { height, width: 12 }), RangeError, `${height}`);
    for (const height of [Number.NaN, Number.POSITIVE_INFINITY, '12', null, undefined, 12n, {}])
      assert.throws(() => resized(pixels(), { height, width: 12 }), TypeError, String(height));
    assert.throws(() => call('measurePeak', 1025), RangeError);
  });

  it('a buffer that shrank or grew no longer fits, one that is shared is copied', async () => {
    const bytes = pixels().length;
    const shrunk = resizable(bytes);
    const [tracking, fixed] = [new Uint8Array(shrunk), new Uint8Array(shrunk, 0, bytes)];
    shrunk.resize(100);
    for (const view of [tracking, fixed])
      assert.throws(() => resized(view), { code: 'E_SHAPE', message: /needs 432/ });
    const shared = new Uint8Array(new SharedArrayBuffer(bytes));
    shared.set(pixels());
    const running = resized(shared);
    shared.fill(0);
    assert.deepEqual(await running, await resized(pixels()));
  });

  it('a getter may throw, or detach what was not read yet', () => {
    const mine = new Error('mine');
    const throwing = {
      get height() {
        throw mine;
      },
      width: 12,
    };
    assert.throws(() => resized(pixels(), throwing), mine);
    const image = pixels();
    const detaching = {
      get height() {
        structuredClone(image.buffer, { transfer: [image.buffer] });
        return 12;
      },
      width: 12,
    };
    assert.throws(() => resized(image, detaching), { name: 'TypeError', message: /detached/ });
  });

  it('objects of one class are not taken for another, nor a method for that of another object', () => {
    const trainer = makeTrainer(srvgg({ scale: 2, numFeat: 4, numConv: 1, activation: 'prelu' }));
    const batch = makeBatch(2, { batch: 1, height: 8, width: 8 }, 1);
    assert.throws(
      () => trainer.step(trainer as unknown as typeof batch, { learningRate: 1 }),
      TypeError,
    );
    assert.throws(() => trainer.getState.call(batch as unknown as typeof trainer, 'params'));
    assert.throws(() => batch.gt.call({} as typeof batch));
    trainer.dispose();
  });
});

describe('a lack of', () => {
  const ask = `require(process.argv[1]).resizeImage(new Uint8Array(3), { height: 1, width: 1 },
    { height: 2 ** 20, width: 2 ** 20 }, { antialias: false })
    .then(() => console.log('none'), (error) => console.log(error.code));`;

  it('memory is E_MEMORY, and the process goes on', () => {
    // Without a limit some systems would promise the 3 TB and then fail in a worse way.
    const limited = 'ulimit -v 8000000 && exec "$0" -e "$1" "$2"';
    const { stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, ask, addonFile], {
      encoding: 'utf8',
    });
    assert.equal(stdout, 'E_MEMORY\n', stderr);
  });

  it('threads is E_MEMORY, and the process goes on', (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can become somebody else');
    // The limit counts all processes of a user, so it must be one that has no others.
    const program = `
      const addon = require(process.argv[1]);
      const recipe = new Float64Array(addon.recipeLayout().bytes / 8);
      recipe[addon.recipeLayout().header.indexOf('scale')] = 1;
      const shape = { batch: 500, height: 2, width: 2 };
      const gt = new Float32Array(3 * 4 * 500);
      const recipes = new Float64Array(recipe.length * 500).map((_, i) => recipe[i % recipe.length]);
      const make = (threads) =>
        addon.synthesizeFrom(gt, shape, recipes, { usm: false, threads }).then(
          () => 'made', (error) => error.code);
      make(1).then(async (first) => console.log(first, await make(500), await make(1)));`;
    const user = ['setpriv', '--reuid=64321', '--regid=64321', '--clear-groups'];
    const command = [...user, process.execPath, '-e', program, addonFile];
    const { stdout, stderr, error } = spawnSync('prlimit', ['--nproc=40', ...command], {
      encoding: 'utf8',
      cwd: '/',
    });
    if (error || /EACCES|MODULE_NOT_FOUND|ermission/.test(stderr))
      return t.skip('no other user can run the addon here');
    assert.equal(stdout, 'made E_MEMORY made\n', stderr);
  });
});
