import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { native } from '../../src/native.ts';
import { parameterCount } from '../../src/network/spec.ts';
import { srvgg } from '../../src/network/srvgg.ts';
import { packedWith } from './degrade.ts';
import { collector } from './garbage.ts';
import { testImage } from './images.ts';
import { makeBatch, makeTrainer, uniforms } from './networks.ts';

const addonFile = fileURLToPath(
  new URL('../../../build/native/Release/evensr.node', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'evensr-life-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const network = (numFeat: number, numConv: number) =>
  srvgg({ scale: 2, numFeat, numConv, activation: 'prelu' });

const image = new Uint8Array(12 * 12 * 3).map((_, i) => (i * 7) & 255);
const resized = (pixels: Uint8Array) =>
  native.resizeImage(
    pixels,
    { height: 12, width: 12 },
    { height: 6, width: 6 },
    { antialias: true },
  );

describe('jobs whose objects nobody holds any more', () => {
  const path = join(folder, 'gc.pack');
  const side = 512;
  writeFileSync(path, Buffer.alloc(3 * side * side, 100));

  /** Work on every lane that is not done when its objects are collected. */
  function start() {
    const trainer = makeTrainer(network(16, 4));
    const batch = makeBatch(2, { batch: 8, height: 32, width: 32 }, 1);
    const pack = native.openPack(path, Float64Array.of(0, side, side));
    const request = { size: side, crops: Int32Array.of(0, 0, 0, 0, 0, 0) };
    const options = { usm: true, threads: 2 };
    const several = <Result>(make: () => Promise<Result>) =>
      Promise.all(Array.from({ length: 8 }, make));
    return {
      steps: several(() => trainer.step(batch, { learningRate: 1e-3 })),
      images: several(() => {
        const size = { batch: 1, height: 32, width: 32 };
        return trainer.forward(uniforms(3 * 32 * 32, 3), size, 'ema');
      }),
      batches: several(() => native.synthesize(pack, request, packedWith(), options)),
      resizes: several(() => resized(image.slice())),
      files: several(() => native.writeFileDurably(join(folder, 'gc'), [new Uint8Array(1e6)])),
    };
  }

  it('run on and settle through garbage collections', async () => {
    const collect = collector();
    const expected = await resized(image);
    for (let round = 0; round < 3; round++) {
      const { steps, images, batches, resizes, files } = start();
      await collect();
      for (const { nonFinite } of await steps) assert.equal(nonFinite, null);
      for (const sr of await images) assert.equal(sr.length, 3 * 64 * 64);
      for (const batch of await batches) {
        assert.ok(batch.gt().every((value) => value === Math.fround(100 / 255)));
        batch.dispose();
      }
      for (const small of await resizes) assert.deepEqual(small, expected);
      await files;
      await collect();
    }
  });
});

describe('workers', () => {
  /** Loads the addon, starts work on every lane again and again, and says so. */
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const addon = require(workerData.addon);
    const trainer = addon.createTrainer(workerData.trainer);
    const { image, gt, recipe, lq, path } = workerData;
    const shape = { height: 256, width: 256 };
    const work = () => [
      addon.synthesizeFrom(gt, { batch: 1, ...shape }, recipe, { usm: true, threads: 2 }),
      addon.scoreImages(image, image, shape, 0),
      addon.resizeImage(image, shape, { height: 64, width: 64 }, { antialias: true }),
      addon.writeFileDurably(path, [image]),
      trainer.forward(lq, { batch: 1, height: 64, width: 64 }, 'params'),
    ];
    const go = () => Promise.all(work()).then(go);
    for (let i = 0; i < 4; i++) work();
    go();
    parentPort.postMessage('running');`;

  function start(index: number): Worker {
    const spec = network(16, 4);
    const workerData = {
      addon: addonFile,
      image: new Uint8Array(256 * 256 * 3).fill(9),
      gt: testImage(256, 256, 1),
      recipe: packedWith(),
      lq: uniforms(3 * 64 * 64, 1),
      path: join(folder, `worker-${index}`),
      trainer: {
        spec: JSON.stringify(spec),
        device: 'cpu',
        threads: 1,
        loss: { type: 'l1', epsilon: 1e-3 },
        optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
        emaDecay: 0.9,
        weights: uniforms(parameterCount(spec), 1, -0.1, 0.1),
      },
    };
    return new Worker(script, { eval: true, workerData });
  }

  it('load the addon eight at a time and end in the middle of their work', async () => {
    for (let round = 0; round < 2; round++) {
      const workers = Array.from({ length: 8 }, (_, index) => start(8 * round + index));
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      const begun = performance.now();
      const codes = await Promise.all(workers.map((worker) => worker.terminate()));
      const seconds = (performance.now() - begun) / 1000;
      assert.deepEqual(codes, new Array(8).fill(1));
      assert.ok(seconds < 60, `terminate() took ${seconds} s: jobs that wait are not dropped`);
    }
    assert.equal((await resized(image)).length, 6 * 6 * 3, 'the addon still works here');
  });

  it('process.exit() in the middle of native work ends with its code', () => {
    const program = `
      const addon = require(process.argv[1]);
      const image = new Uint8Array(2000 * 2000 * 3);
      const shape = { height: 2000, width: 2000 };
      for (let i = 0; i < 20; i++) addon.scoreImages(image, image, shape, 0);
      setTimeout(() => process.exit(7), 20);`;
    const { status, signal, stderr } = spawnSync(process.execPath, ['-e', program, addonFile], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, signal], [7, null], stderr);
  });
});
