import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DegradationSpace,
  defineSpace,
  type Overrides,
  realEsrganSpace,
} from '../../src/degradation/space.ts';

const nan = Number.NaN;

const mistakes: [change: unknown, key: RegExp][] = [
  [{ stages: [{ blurSigma: [0, 3] }] }, /stages\.0\.blurSigma must lie in/],
  [{ stages: [{}, { blurSigma: [nan, 3] }] }, /stages\.1\.blurSigma must be two numbers/],
  [{ stages: [{ blurSigma: [3, 0.2] }] }, /stages\.0\.blurSigma has its low end 3 above/],
  [{ stages: [{ kernelSizes: [7, 8] }] }, /stages\.0\.kernelSizes must be a list of odd/],
  [{ stages: [{ kernelSizes: [23] }] }, /stages\.0\.kernelSizes/],
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
      () => defineSpace(change as Overrides<DegradationSpace>),
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
