import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { featureWeights } from '../../src/network/feature-networks.ts';
import { inceptionLayers, inceptionStem } from '../../src/network/inception-stem.ts';
import { initialBuffers, initialWeights } from '../../src/network/init.ts';
import { buffersOf, elements, type NetworkSpec, parameterCount } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { type VggLayer, vgg19 } from '../../src/network/vgg19.ts';

const srvgg = (numConv: number): NetworkConfig => ({
  type: 'srvgg',
  scale: 4,
  numFeat: 64,
  numConv,
});
const msrresnet = (scale: number): NetworkConfig => ({
  type: 'msrresnet',
  scale,
  numFeat: 64,
  numBlock: 16,
});

const rrdbnet = (scale: number, numBlock = 23): NetworkConfig => ({
  type: 'rrdbnet',
  scale,
  numFeat: 64,
  numBlock,
  numGrowCh: 32,
});
const edsr = (scale: number, large = false): NetworkConfig => ({
  type: 'edsr',
  scale,
  numFeat: large ? 256 : 64,
  numBlock: large ? 32 : 16,
  resScale: large ? 0.1 : 1,
});

/** The values of every tensor, with its description. */
function tensorsOf(spec: NetworkSpec, seed: number) {
  const weights = initialWeights(spec, seed);
  let offset = 0;
  return spec.parameters.map((parameter) => {
    const start = offset;
    offset += elements(parameter.shape);
    return { ...parameter, values: weights.subarray(start, offset) };
  });
}

function moments(values: Float32Array) {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const square = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return {
    mean,
    std: Math.sqrt(square),
    max: values.reduce((m, v) => Math.max(m, Math.abs(v)), 0),
  };
}

describe('networks', () => {
  it('have the published parameter counts', () => {
    const counts: [NetworkConfig, number][] = [
      [srvgg(16), 621_424],
      [srvgg(32), 1_213_296],
      [msrresnet(2), 1_369_859],
      [msrresnet(3), 1_554_499],
      [msrresnet(4), 1_517_571],
      [rrdbnet(4), 16_697_987],
      [rrdbnet(2), 16_703_171],
      [rrdbnet(1), 16_723_907],
      [rrdbnet(4, 6), 4_467_779],
      [edsr(2), 1_369_859],
      [edsr(3), 1_554_499],
      [edsr(4), 1_517_571],
      [edsr(2, true), 40_729_603],
      [edsr(3, true), 43_680_003],
      [edsr(4, true), 43_089_923],
    ];
    for (const [config, count] of counts) assert.equal(parameterCount(buildNetwork(config)), count);
  });

  it('have the published discriminator, its buffers beside its parameters', () => {
    const spec = unetDiscriminator({ numFeat: 64 });
    assert.equal(parameterCount(spec), 4_376_897);
    const names = spec.parameters.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 3), ['conv0.weight', 'conv0.bias', 'conv1.weight_orig']);
    assert.deepEqual(names.slice(-3), ['conv8.weight_orig', 'conv9.weight', 'conv9.bias']);
    const buffers = buffersOf(spec);
    assert.equal(buffers.length, 16);
    assert.deepEqual(buffers.slice(0, 2), [
      { name: 'conv1.weight_u', shape: [128] },
      { name: 'conv1.weight_v', shape: [64 * 16] },
    ]);
    const values = initialBuffers(spec, 5);
    let offset = 0;
    for (const { shape } of buffers) {
      const vector = values.subarray(offset, offset + shape[0]);
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
      assert.ok(Math.abs(moments(vector).mean) < 5 / shape[0]);
      offset += shape[0];
    }
    assert.equal(offset, values.length);
  });

  it("have VGG19's convolutions as torchvision names them", () => {
    const spec = vgg19(['conv5_4', 'conv1_2', 'conv3_4']);
    assert.deepEqual(spec.features, ['features.2', 'features.16', 'features.34']);
    assert.equal(spec.output, 'features.34');
    assert.equal(spec.scale, 1 / 16);
    const names = spec.parameters.map(({ name }) => name);
    const numbers = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];
    assert.deepEqual(
      names,
      numbers.flatMap((n) => [`features.${n}.weight`, `features.${n}.bias`]),
    );
    for (const layers of [['conv5_5'], ['conv0_1', 'conv1_1'], []] as VggLayer[][]) {
      assert.throws(() => vgg19(layers), { code: 'E_CONFIG', exitCode: 2 });
    }
  });

  it("have InceptionV3's first convolutions as Keras names them, halving the sides exactly", () => {
    const whole = inceptionStem(inceptionLayers);
    assert.deepEqual(whole.features, inceptionLayers);
    assert.equal(whole.scale, 1 / 8);
    const shapes = new Map(whole.parameters.map(({ name, shape }) => [name, shape.join()]));
    assert.equal(shapes.size, 22);
    assert.equal(shapes.get('conv2d_5.weight'), '192,80,3,3');
    assert.equal(shapes.get('conv2d_7.weight'), '48,192,1,1');
    assert.equal(shapes.get('conv2d_8.weight'), '64,48,5,5');
    // Only what the wanted layers are made from.
    const some = inceptionStem(['conv2d_11', 'conv2d_2']);
    assert.deepEqual(some.features, ['conv2d_2', 'conv2d_11']);
    const names = some.parameters.map(({ name }) => name).filter((name) => /weight/.test(name));
    assert.deepEqual(
      names,
      [1, 2, 3, 4, 5, 9, 10, 11].map((number) => `conv2d_${number}.weight`),
    );
    assert.equal(inceptionStem(['conv2d_3']).scale, 1 / 2);
    assert.equal(inceptionStem(['conv2d_4']).scale, 1 / 4);
    for (const layers of [[], ['conv2d_7'], ['conv2d_1', 'conv1_1']])
      assert.throws(() => inceptionStem(layers), { code: 'E_CONFIG', exitCode: 2 });
  });

  it("take VGG19's weights by name and leave the classifier", () => {
    const spec = vgg19(['conv1_2']);
    const tensors = tensorsOf(spec, 4).map(({ name, shape, values }) => ({
      name,
      shape,
      data: values,
    }));
    const extra = { name: 'classifier.0.weight', shape: [1], data: new Float32Array(1) };
    const weights = featureWeights('vgg19', spec, [extra, ...tensors.toReversed()]);
    assert.deepEqual(weights, initialWeights(spec, 4));
    const refused = { code: 'E_MODEL', exitCode: 9 };
    assert.throws(() => featureWeights('vgg19', spec, tensors.slice(1)), {
      ...refused,
      message: /has no features\.0\.weight, the network's is \[64,3,3,3\]/,
    });
    const other = tensors.map((t, i) => (i === 1 ? { ...t, shape: [32, 2] } : t));
    assert.throws(() => featureWeights('vgg19', spec, other), {
      ...refused,
      message: /of shape \[32,2\]/,
    });
  });

  it('call their parameters as the state dicts of the field do', () => {
    const names = (config: NetworkConfig) => buildNetwork(config).parameters.map((p) => p.name);
    const vgg = names(srvgg(16));
    assert.deepEqual(vgg.slice(0, 4), [
      'body.0.weight',
      'body.0.bias',
      'body.1.weight',
      'body.2.weight',
    ]);
    assert.deepEqual(vgg.slice(-3), ['body.33.weight', 'body.34.weight', 'body.34.bias']);
    const res = names(msrresnet(4));
    assert.deepEqual(res.slice(0, 4), [
      'conv_first.weight',
      'conv_first.bias',
      'body.0.conv1.weight',
      'body.0.conv1.bias',
    ]);
    assert.deepEqual(
      res.filter((name) => name.endsWith('.weight')).slice(-5),
      ['body.15.conv2', 'upconv1', 'upconv2', 'conv_hr', 'conv_last'].map((n) => `${n}.weight`),
    );
    assert.ok(!names(msrresnet(2)).includes('upconv2.weight'));
    const rrdb = names(rrdbnet(4));
    assert.equal(rrdb.length, 702);
    assert.deepEqual(rrdb.slice(2, 4), ['body.0.rdb1.conv1.weight', 'body.0.rdb1.conv1.bias']);
    assert.deepEqual(
      rrdb.filter((name) => name.endsWith('.bias')).slice(-6),
      ['body.22.rdb3.conv5', 'conv_body', 'conv_up1', 'conv_up2', 'conv_hr', 'conv_last'].map(
        (n) => `${n}.bias`,
      ),
    );
    assert.deepEqual(
      names(edsr(4)).filter((name) => name.endsWith('.weight') && !name.startsWith('body')),
      ['conv_first', 'conv_after_body', 'upsample.0', 'upsample.2', 'conv_last'].map(
        (n) => `${n}.weight`,
      ),
    );
  });

  it('are plain JSON', () => {
    const spec = buildNetwork(msrresnet(3));
    assert.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
  });

  it('refuse sizes that no network has', () => {
    const bad: [Partial<NetworkConfig>, RegExp][] = [
      [{ scale: 5, type: 'msrresnet' }, /no scale 5/],
      [{ scale: 3, type: 'rrdbnet', numGrowCh: 4 }, /no scale 3/],
      [{ scale: 4, type: 'rrdbnet', numGrowCh: 0 }, /numGrowCh must be an integer >= 1/],
      [{ scale: 1, type: 'edsr' }, /no scale 1/],
      [{ scale: 2, type: 'edsr', imgRange: 0 }, /imgRange must be > 0/],
      [{ numFeat: 0 }, /numFeat must be an integer >= 1/],
      [{ scale: 1.5, type: 'srvgg' }, /scale/],
    ];
    for (const [change, message] of bad) {
      const config = { ...srvgg(2), numBlock: 1, ...change } as NetworkConfig;
      assert.throws(() => buildNetwork(config), { code: 'E_CONFIG', exitCode: 2, message });
    }
  });
});

describe('first weights', () => {
  it('are those of a seed, and every tensor has its own', () => {
    const spec = buildNetwork(srvgg(2));
    assert.deepEqual(initialWeights(spec, 3), initialWeights(spec, 3));
    assert.notDeepEqual(initialWeights(spec, 3), initialWeights(spec, 4));
    const [a, b] = tensorsOf(spec, 3).filter(({ shape }) => elements(shape) === 64 * 64 * 9);
    assert.notDeepEqual(a?.values, b?.values);
  });

  it("reference: PyTorch's defaults for srvgg", () => {
    for (const { name, shape, values } of tensorsOf(buildNetwork(srvgg(1)), 1)) {
      const { mean, std, max } = moments(values);
      if (shape.length === 1 && name.endsWith('.weight')) {
        assert.deepEqual([mean, std], [0.25, 0]);
        continue;
      }
      const bound = 1 / Math.sqrt(name.startsWith('body.0') ? 27 : 576);
      assert.ok(max <= bound, name);
      if (shape.length === 4) {
        assert.ok(Math.abs(std / (bound / Math.sqrt(3)) - 1) < 0.05, `${name}: ${std}`);
        assert.ok(Math.abs(mean) < 0.05 * bound, `${name}: ${mean}`);
      }
    }
  });

  it('reference: a tenth of Kaiming for msrresnet', () => {
    for (const { name, shape, values } of tensorsOf(buildNetwork(msrresnet(4)), 1)) {
      const { std } = moments(values);
      const expected = shape.length === 4 ? 0.1 * Math.sqrt(2 / elements(shape.slice(1))) : 0;
      assert.ok(Math.abs(std - expected) <= 0.06 * expected, `${name}: ${std}, ${expected}`);
    }
  });

  it("a tenth of Kaiming in RRDBNet's dense blocks, PyTorch's defaults elsewhere and in EDSR", () => {
    for (const config of [rrdbnet(4, 1), edsr(2)]) {
      const tensors = tensorsOf(buildNetwork(config), 1);
      for (const { name, shape, values } of tensors) {
        const { std, max } = moments(values);
        const weight = tensors.find((t) => t.name === name.replace(/bias$/, 'weight'));
        const fanIn = elements(weight?.shape.slice(1) ?? []);
        if (!name.includes('rdb')) assert.ok(max <= 1 / Math.sqrt(fanIn) && std > 0, name);
        else if (shape.length === 1) assert.equal(max, 0, name);
        else assert.ok(Math.abs(std / (0.1 * Math.sqrt(2 / fanIn)) - 1) < 0.06, name);
      }
    }
  });

  it('he: He-normal, the last layer a tenth of it, biases 0, slopes 0.25', () => {
    for (const config of [srvgg(3), msrresnet(2)]) {
      const tensors = tensorsOf(buildNetwork({ ...config, init: 'he' } as NetworkConfig), 1);
      const last = tensors.findLast(({ shape }) => shape.length === 4)?.name;
      for (const { name, shape, values } of tensors) {
        const { mean, std } = moments(values);
        if (shape.length === 1) {
          assert.deepEqual([mean, std], [/^body\.\d+\.weight$/.test(name) ? 0.25 : 0, 0], name);
          continue;
        }
        const expected = (name === last ? 0.1 : 1) * Math.sqrt(2 / elements(shape.slice(1)));
        assert.ok(Math.abs(std / expected - 1) < 0.06, `${name}: ${std}, ${expected}`);
      }
    }
  });

  it('normal: the tails are those of a normal distribution', () => {
    const tensor = tensorsOf(buildNetwork({ ...srvgg(1), init: 'he' } as NetworkConfig), 2).find(
      ({ name }) => name === 'body.2.weight',
    );
    const values = tensor?.values ?? assert.fail();
    const std = Math.sqrt(2 / 576);
    const beyond = (sigmas: number) =>
      values.filter((v) => Math.abs(v) > sigmas * std).length / values.length;
    assert.ok(Math.abs(beyond(1) - 0.3173) < 0.01, `${beyond(1)}`);
    assert.ok(Math.abs(beyond(2) - 0.0455) < 0.005, `${beyond(2)}`);
    assert.ok(Math.abs(beyond(3) - 0.0027) < 0.0015, `${beyond(3)}`);
  });
});
