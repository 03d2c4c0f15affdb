import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineSpace,
  type Overrides,
  realEsrganSpace,
  type SpaceName,
  spaceNames,
  withWindow,
} from '../../src/degradation/space.ts';
import type { RealEsrganSpace } from '../../src/degradation/spaces/real-esrgan.ts';

const nan = Number.NaN;

const mistakes: [change: unknown, key: RegExp][] = [
  [{ stages: [{ blurSigma: [0, 3] }] }, /stages\.0\.blurSigma must lie in/],
  [{ stages: [{}, { blurSigma: [nan, 3] }] }, /stages\.1\.blurSigma must be two numbers/],
  [{ stages: [{ blurSigma: [3, 0.2] }] }, /stages\.0\.blurSigma has its low end 3 above/],
  [{ stages: [{ kernelSizes: [7, 8] }] }, /stages\.0\.kernelSizes must be a list of odd/],
  [{ stages: [{ kernelSizes: [27] }] }, /stages\.0\.kernelSizes/],
  [{ stages: [{ kernelSizes: [] }] }, /stages\.0\.kernelSizes/],
  [{ stages: [{}, { jpegQuality: [0, 95] }] }, /stages\.1\.jpegQuality/],
  [{ stages: [{}, { jpegQuality: [30, 101] }] }, /stages\.1\.jpegQuality/],
  [{ stages: [{ resizeScale: [0, 1.5] }] }, /stages\.0\.resizeScale/],
  [{ stages: [{ resizeScale: [0.2, 0.8] }] }, /stages\.0\.resizeScale ends at 0.8, but up/],
  [{ stages: [{ resizeScale: [1.1, 1.5] }] }, /stages\.0\.resizeScale starts at 1.1, but down/],
  [{ stages: [{ betaP: [1.5, 2] }] }, /stages\.0\.betaP must hold 1/],
  [{ stages: [{ kernelProbabilities: { iso: 0.5 } }] }, /stages\.0\.kernelProbabilities must sum/],
  [{ stages: [{ kernelProbabilities: { isotropic: 1 } }] }, /kernelProbabilities\.isotropic/],
  [{ stages: [{ resizeProbabilities: { up: -0.2, down: 1.1 } }] }, /each must be a probability/],
  [{ stages: [{ resizeProbabilities: null }] }, /stages\.0\.resizeProbabilities must hold/],
  [{ stages: [{ blurProbability: 1.5 }] }, /stages\.0\.blurProbability/],
  [{ stages: [{ grayNoiseProbability: 'often' }] }, /stages\.0\.grayNoiseProbability/],
  [{ stages: [{ blurSigmas: [0.2, 3] }] }, /stages\.0\.blurSigmas is not known/],
  [{ stages: [{}, {}, {}] }, /stages\.2 is not known/],
  [{ stages: 'two' }, /stages must hold/],
  [{ final: { sincOmega: [1, 4] } }, /final\.sincOmega/],
  [{ jpegBackend: 'mozjpeg' }, /jpegBackend must be diffjpeg or libjpeg/],
  [{ blur: 1 }, /blur is not known/],
];

test('each mistake in an override is refused with E_SPACE and the key', () => {
  for (const [change, key] of mistakes) {
    assert.throws(
      () => defineSpace(change as Overrides<RealEsrganSpace>),
      (error: { code: string; exitCode: number; message: string }) =>
        error.code === 'E_SPACE' && error.exitCode === 2 && key.test(error.message),
      `${JSON.stringify(change)} against ${key}`,
    );
  }
});

test('overrides merge by key and leave the rest and the defaults alone', () => {
  const before = JSON.stringify(realEsrganSpace);
  const space = defineSpace({
    stages: [{}, { blurSigma: [0.5, 1], noiseProbabilities: { gaussian: 1, poisson: 0 } }],
    jpegBackend: 'libjpeg',
  });
  assert.deepEqual(space.stages[1].blurSigma, [0.5, 1]);
  assert.deepEqual(space.stages[1].noiseProbabilities, { none: 0, gaussian: 1, poisson: 0 });
  assert.deepEqual(space.stages[1].poissonScale, realEsrganSpace.stages[1].poissonScale);
  assert.deepEqual(space.stages[0], realEsrganSpace.stages[0]);
  assert.equal(space.jpegBackend, 'libjpeg');
  assert.equal(JSON.stringify(realEsrganSpace), before);
});

test('a space is deeply frozen plain data', () => {
  const space = defineSpace();
  const sigma = space.stages[0].blurSigma as unknown as number[];
  assert.throws(() => {
    sigma[0] = 9;
  }, TypeError);
  assert.deepEqual(JSON.parse(JSON.stringify(space)), space);
});

test('changing the list that an override came from does not change the space', () => {
  const sizes = [7, 9];
  const space = defineSpace({ final: { kernelSizes: sizes } });
  sizes.push(8);
  assert.deepEqual(space.final.kernelSizes, [7, 9]);
});

const kernelBank = { count: 3, size: 21, sha256: 'k' };
const noiseBank = { count: 10, size: 256, window: 80, sha256: 'n' };

const otherMistakes: [name: SpaceName, change: object, message: RegExp][] = [
  ['bsrgan', { halveProbability: 2 }, /: halveProbability must be a probability in \[0, 1\]/],
  ['bsrgan', { blur: { kernelSizes: [8] } }, /: blur\.kernelSizes must be a list of odd sizes/],
  [
    'bsrgan',
    { blur: { isotropicSigma: { base: -1 } } },
    /isotropicSigma\.base must be a number in/,
  ],
  ['bsrgan', { blur: { sigma: 1 } }, /: blur\.sigma is not known/],
  ['bsrgan', { noise: { level: [2.5, 25] } }, /: noise\.level must be two whole numbers/],
  ['bsrgan', { noise: { level: [25, 2] } }, /: noise\.level has its low end 25 above/],
  ['bsrgan', { noise: { channelProbabilities: { gray: 1 } } }, /channelProbabilities must sum/],
  ['bsrgan', { jpeg: { quality: [0, 95] } }, /: jpeg\.quality must lie in \[1, 100\]/],
  ['bsrgan', { name: 'classic' }, /: name must be bsrgan/],
  ['bsrgan', { stages: [] }, /: stages is not known/],
  ['bsrgan', { camera: { shotNoise: [0, 1] } }, /: camera\.shotNoise must lie in/],
  ['bsrgan-plus', { poisson: { photons: [0, 10] } }, /: poisson\.photons must lie in \[1, 65536\]/],
  [
    'bsrgan-plus',
    { resizeFactor: { smallest: 0 } },
    /: resizeFactor\.smallest must be a number in/,
  ],
  ['bsrgan-plus', { speckle: null }, /: speckle must hold named values/],
  ['classic', { BD: { size: 8 } }, /: BD\.size must be an odd size from 3 to 25/],
  ['classic', { DN: { level: Number.NaN } }, /: DN\.level must be a number in/],
  ['classic', { kindProbabilities: { bd: 1 } }, /: kindProbabilities\.bd is not known/],
  ['realsr', { kernelBank, noiseBank: { ...noiseBank, count: 0 } }, /: noiseBank must hold counts/],
  ['realsr', {}, /: kernelBank is missing: realsr shrinks with estimated blur kernels/],
  ['realsr', { kernelBank }, /: noiseBank is missing: realsr adds the noise of photographs/],
  [
    'realsr',
    { kernelBank, noiseBank: { ...noiseBank, window: 257 } },
    /: noiseBank has patches of 256 pixels, and lq crops with their margins have 257/,
  ],
  ['esrgan' as SpaceName, {}, /^there is no degradation space esrgan$/],
  ['toString' as SpaceName, {}, /^there is no degradation space toString$/],
];

test('each mistake in another space is refused with E_SPACE and the key', () => {
  for (const [name, change, message] of otherMistakes) {
    assert.throws(
      () => defineSpace(name, change),
      (error: { code: string; exitCode: number; message: string }) =>
        error.code === 'E_SPACE' && error.exitCode === 2 && message.test(error.message),
      `${name} ${JSON.stringify(change)} against ${message}`,
    );
  }
});

test('every space can be had by its name, and realsr without the file that it does not need', () => {
  assert.deepEqual(spaceNames, ['real-esrgan', 'bsrgan', 'bsrgan-plus', 'realsr', 'classic']);
  assert.deepEqual(defineSpace('real-esrgan'), defineSpace());
  for (const name of ['bsrgan', 'bsrgan-plus', 'classic'] as const) {
    assert.equal(defineSpace(name).name, name);
  }
  const bicubic = { downscaleProbabilities: { bicubic: 1, kernel: 0 } };
  assert.equal(defineSpace('realsr', { ...bicubic, noiseBank }).kernelBank, null);
  assert.equal(defineSpace('realsr', { noiseProbability: 0, kernelBank }).noiseBank, null);
});

test('overrides of other spaces merge by key', () => {
  const space = defineSpace('bsrgan', { noise: { level: [1, 50] }, jpegBackend: 'diffjpeg' });
  assert.deepEqual(space.noise.level, [1, 50]);
  assert.deepEqual(
    space.noise.channelProbabilities,
    defineSpace('bsrgan').noise.channelProbabilities,
  );
  assert.equal(space.jpegBackend, 'diffjpeg');
});

test('withWindow changes realsr alone', () => {
  const space = defineSpace('realsr', { kernelBank, noiseBank });
  const wider = withWindow(space, 100);
  assert.ok(wider.name === 'realsr');
  assert.deepEqual(wider, { ...space, noiseBank: { ...noiseBank, window: 100 } });
  assert.equal(withWindow(realEsrganSpace, 100), realEsrganSpace);
  assert.throws(() => withWindow(space, 300), { code: 'E_SPACE' });
});
