import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { EvensrError } from '../../src/errors.ts';
import { type Model, openModel } from '../../src/infer/model.ts';
import type { RgbImage } from '../../src/infer/pixels.ts';
import { receptiveRadius } from '../../src/infer/receptive-field.ts';
import { upscaleImage } from '../../src/infer/upscale.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { encodeSafetensors } from '../../src/network/safetensors.ts';
import { elements } from '../../src/network/spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'evensr-upscale-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Severities are recognised by their number. */
function conditioned(...severities: 'noise'[]) {
  return { filters: 5, hidden: 7, severities: severities.map(() => 'bottleneck') };
}

const networks: NetworkConfig[] = [
  { type: 'srvgg', scale: 4, numFeat: 8, numConv: 2, init: 'he' },
  { type: 'srvgg', scale: 2, numFeat: 6, numConv: 0, activation: 'relu', init: 'he' },
  { type: 'msrresnet', scale: 4, numFeat: 8, numBlock: 1, init: 'he' },
  { type: 'msrresnet', scale: 3, numFeat: 4, numBlock: 2, init: 'he' },
  { type: 'srvgg', scale: 2, numFeat: 6, numConv: 1, conditioning: conditioned('noise') },
  { type: 'msrresnet', scale: 2, numFeat: 4, numBlock: 2, conditioning: conditioned() },
  { type: 'rrdbnet', scale: 4, numFeat: 4, numBlock: 1, numGrowCh: 2 },
  { type: 'rrdbnet', scale: 2, numFeat: 4, numBlock: 1, numGrowCh: 2 },
  { type: 'rrdbnet', scale: 1, numFeat: 4, numBlock: 1, numGrowCh: 3 },
  { type: 'edsr', scale: 4, numFeat: 6, numBlock: 2, resScale: 1 },
  { type: 'edsr', scale: 3, numFeat: 256, numBlock: 1, resScale: 0.1 },
];

/** A file of weights without metadata, as the field passes them around. */
function writeWeights(
  config: NetworkConfig,
  change = (values: Float32Array) => values,
  metadata: Record<string, string> = {},
): string {
  const spec = buildNetwork(config);
  const values = change(initialWeights(spec, 3));
  let offset = 0;
  const tensors = spec.parameters.map(({ name, shape }) => {
    const data = values.subarray(offset, offset + elements(shape));
    offset += data.length;
    return { name, shape, data };
  });
  const file = join(folder, `${config.type}-${Math.random()}.safetensors`);
  writeFileSync(file, Buffer.concat(encodeSafetensors(tensors, metadata)));
  return file;
}

const open = (file: string): Promise<Model> =>
  openModel(file, { weights: 'ema', threads: 1, warn: assert.fail });

const picture = (height: number, width: number): RgbImage => ({
  height,
  width,
  pixels: Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * i * 7 + i * 13) % 256),
});

describe('a file of weights', () => {
  it('is refused when it says that it is a network of any size, or another one', async () => {
    const [config] = networks as [NetworkConfig];
    for (const network of ['', 'null', '[]', JSON.stringify({ ...config, numConv: 1e9 })]) {
      const file = writeWeights(config, undefined, { network });
      await assert.rejects(open(file), { code: 'E_MODEL_FORMAT', exitCode: 9 }, network);
    }
    const other = JSON.stringify({ ...config, numFeat: 16 });
    const file = writeWeights(config, undefined, { network: other });
    await assert.rejects(open(file), (error: EvensrError) => {
      assert.equal(error.code, 'E_MODEL');
      assert.match(error.message, /tensors differ from its/);
      // Side by side: what the file has, and what a network of 16 features wants.
      assert.ok(
        error.details.some((line) => /body\.0\.weight.*16.*3.*3.*3/.test(line)),
        error.details.join('\n'),
      );
      return true;
    });
  });

  it('tells which network it belongs to', async () => {
    for (const config of networks) {
      const model = await open(writeWeights(config));
      assert.deepEqual({ ...model.info.network }, withActivation(config));
      assert.equal(model.scale, config.scale);
      model.dispose();
    }
  });

  it('is refused when it is not there, no model, or not finite', async () => {
    const [config] = networks as [NetworkConfig];
    await assert.rejects(open(join(folder, 'none')), { code: 'E_MODEL', exitCode: 9 });
    await assert.rejects(open(folder), { code: 'E_MODEL', message: /no usable checkpoint/ });
    const broken = writeWeights(config, (values) => values.fill(Number.NaN, 5, 6));
    await assert.rejects(open(broken), { code: 'E_MODEL', message: /not finite/ });
    const other = join(folder, 'other.safetensors');
    const tensor = { name: 'x', shape: [1], data: new Float32Array(1) };
    writeFileSync(other, Buffer.concat(encodeSafetensors([tensor])));
    await assert.rejects(open(other), { code: 'E_MODEL_UNKNOWN' });
    writeFileSync(other, 'nonsense');
    await assert.rejects(open(other), {
      code: 'E_MODEL_FORMAT',
      exitCode: 9,
      message: /other\.safetensors: not a usable safetensors file/,
    });
  });

  it('is refused at once, without being read, when it is a FIFO or a device', async () => {
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    for (const path of [fifo, '/dev/zero']) {
      const message = `${path} is not a regular file`;
      await assert.rejects(open(path), { code: 'E_MODEL', exitCode: 9, message });
    }
  });
});

function withActivation(config: object) {
  const { init: _, ...rest } = config as { init?: string; type: string; activation?: string };
  return rest.type === 'srvgg' ? { ...rest, activation: rest.activation ?? 'prelu' } : rest;
}

describe('an image through a network', () => {
  it('is the same in tiles as in one piece', async () => {
    for (const config of networks) {
      const model = await open(writeWeights(config));
      // Odd sides: a network whose input must be even sees mirrored pixels past the end.
      const tile = 2 * model.halo + 16;
      const [height, width] = [2 * Math.ceil(tile / 2) + 7, 2 * Math.ceil(tile / 2) + 19];
      const lq = picture(height, width);
      const whole = await upscaleImage(model, lq, { name: 'whole', tile: 2 * width });
      assert.deepEqual([whole.height, whole.width], [height * config.scale, width * config.scale]);
      const tiled = await upscaleImage(model, lq, { name: 'tiled', tile });
      assert.deepEqual(tiled.pixels, whole.pixels);
      model.dispose();
    }
  });

  it('needs halos as wide as the receptive field', async () => {
    const config: NetworkConfig = { type: 'srvgg', scale: 2, numFeat: 4, numConv: 16 };
    assert.equal(receptiveRadius(buildNetwork(config)), 18);
    const model = await open(writeWeights({ ...config, numConv: 2, init: 'he' }));
    assert.equal(model.halo, 4);
    const lq = picture(30, 20);
    const whole = await upscaleImage(model, lq, { name: 'whole' });
    const narrow = await upscaleImage({ ...model, halo: 0 }, lq, { name: 'tiled', tile: 10 });
    assert.notDeepEqual(narrow.pixels, whole.pixels);
    model.dispose();
  });

  it('fails by name when the result is not finite', async () => {
    const [config] = networks as [NetworkConfig];
    const file = writeWeights(config, (values) => values.map((value) => value * 1e30));
    const model = await open(file);
    const result = upscaleImage(model, picture(12, 12), { name: 'photo 7' });
    await assert.rejects(result, { code: 'E_OUTPUT_NONFINITE', message: /photo 7/ });
    model.dispose();
  });
});
