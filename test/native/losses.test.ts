/** Adversarial and perceptual losses: against PyTorch in float64, and their gradients against differences. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';
import { featureLayers } from '../../src/network/feature-networks.ts';
import { inceptionStem } from '../../src/network/inception-stem.ts';
import { parameterCount } from '../../src/network/spec.ts';
import { perceptualLayers, type VggLayer, vgg19 } from '../../src/network/vgg19.ts';
import { checkNetwork, randomPoint, type Size, uniforms } from './networks.ts';
import { formula, referenceWeights } from './reference-values.ts';

interface Outcome {
  /** (B) */
  losses: Float64Array;
  gradient: Float32Array;
}

type GanType = 'vanilla' | 'lsgan' | 'ragan';

const lossOps = native as typeof native & {
  _generatorLoss(
    type: GanType,
    fake: Float32Array,
    real: Float32Array,
    shape: Size,
    sampleWeights: Float64Array,
  ): Outcome;
  _discriminatorLoss(
    type: GanType,
    logits: Float32Array,
    side: { real: boolean; otherMean: number },
    shape: Size,
    sampleWeights: Float64Array,
  ): Outcome;
  _perceptualLoss(
    network: { spec: string; weights: Float32Array; layerWeights: Float64Array },
    sr: Float32Array,
    gt: Float32Array,
    shape: Size,
    sampleWeights: Float64Array,
  ): Outcome;
};

interface ReferenceOutcome {
  losses: number[];
  /** Its first values. */
  gradient: number[];
  gradientNorm: number;
}

/** What test/fixtures/losses_reference.py writes. */
interface Reference {
  gan: {
    shape: [number, number, number, number];
    sampleWeights: number[];
    cases: (ReferenceOutcome & { type: GanType; role: 'generator' | 'real' | 'fake' })[];
  };
  perceptual: ReferenceOutcome & {
    shape: [number, number, number, number];
    sampleWeights: number[];
  };
}

const reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/losses-reference.json', import.meta.url), 'utf8'),
) as Reference;

/** The fixture's values. */
function tensor(shape: readonly number[], start: number, factor = 1, shift = 0): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, i) => formula(start + i) * factor + shift);
}

const sizeOf = ([batch, , height, width]: readonly [number, number, number, number]): Size => ({
  batch,
  height,
  width,
});
const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

function assertOutcome(found: Outcome, expected: ReferenceOutcome, tolerance: number): void {
  for (const [n, loss] of found.losses.entries()) {
    const wanted = expected.losses[n] as number;
    assert.ok(Math.abs(loss - wanted) <= tolerance * (1 + Math.abs(wanted)), `${loss}, ${wanted}`);
  }
  const size = expected.gradientNorm;
  assert.ok(Math.abs(norm(found.gradient) - size) <= tolerance * size);
  for (const [i, wanted] of expected.gradient.entries()) {
    const value = found.gradient[i] as number;
    assert.ok(Math.abs(value - wanted) <= tolerance * size, `gradient ${i}: ${value}, ${wanted}`);
  }
}

/** The gradient against differences of the objective along a random direction. */
function assertGradient(
  { gradient }: Outcome,
  at: Float32Array,
  weights: Float64Array,
  lossesAt: (x: Float32Array) => Float64Array,
  step: number,
): void {
  const direction = uniforms(at.length, 9, -1, 1);
  const objective = (distance: number) =>
    lossesAt(at.map((v, i) => v + distance * (direction[i] as number))).reduce(
      (sum, loss, n) => sum + (loss * (weights[n] as number)) / weights.length,
      0,
    );
  const difference = (objective(step) - objective(-step)) / (2 * step);
  const analytic = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
  const error = Math.abs(analytic - difference);
  assert.ok(error <= 5e-3 * norm(gradient), `${analytic}, differences say ${difference}`);
}

describe('adversarial losses', () => {
  const { shape, sampleWeights, cases } = reference.gan;
  const size = sizeOf(shape);
  const weights = Float64Array.from(sampleWeights);
  const fake = tensor(shape, 4_000_000, 200, -100);
  const real = tensor(shape, 5_000_000, 6, -2);

  for (const expected of cases) {
    const { type, role } = expected;
    it(`${type}, ${role}: PyTorch's`, () => {
      if (role === 'generator') {
        const found = lossOps._generatorLoss(type, fake, real, size, weights);
        return assertOutcome(found, expected, 2e-6);
      }
      const isReal = role === 'real';
      const [logits, other] = isReal ? [real, fake] : [fake, real];
      const side = { real: isReal, otherMean: mean(other) };
      const found = lossOps._discriminatorLoss(type, logits, side, size, weights);
      return assertOutcome(found, expected, 2e-6);
    });
  }

  it('have the gradients of finite differences', () => {
    const at = uniforms(fake.length, 4, -2, 2);
    for (const type of ['vanilla', 'lsgan', 'ragan'] as const) {
      const ofGenerator = (x: Float32Array) => lossOps._generatorLoss(type, x, real, size, weights);
      assertGradient(ofGenerator(at), at, weights, (x) => ofGenerator(x).losses, 1e-2);
      for (const isReal of [true, false]) {
        const side = { real: isReal, otherMean: 0.3 };
        const of = (x: Float32Array) => lossOps._discriminatorLoss(type, x, side, size, weights);
        assertGradient(of(at), at, weights, (x) => of(x).losses, 1e-2);
      }
    }
  });

  it('are NaN where logits are, in the sample that has them only', () => {
    const broken = fake.slice();
    broken[0] = Number.NaN;
    const { losses } = lossOps._generatorLoss('vanilla', broken, real, size, weights);
    assert.deepEqual([...losses].map(Number.isNaN), [true, false, false]);
  });
});

describe('the perceptual loss', () => {
  const layers = Object.keys(perceptualLayers) as VggLayer[];
  const layerWeights = Float64Array.from(Object.values(perceptualLayers));

  it("of VGG19's five layers is PyTorch's", () => {
    const { shape, sampleWeights } = reference.perceptual;
    const spec = vgg19(layers);
    assert.equal(parameterCount(spec), 20_024_384);
    const network = { spec: JSON.stringify(spec), weights: referenceWeights(spec), layerWeights };
    const found = lossOps._perceptualLoss(
      network,
      tensor(shape, 6_000_000, 1.2, -0.1),
      tensor(shape, 7_000_000),
      sizeOf(shape),
      Float64Array.from(sampleWeights),
    );
    assertOutcome(found, reference.perceptual, 2e-5);
  });

  it('has the gradient of finite differences, and is 0 for equal images', () => {
    const spec = vgg19(['conv1_2', 'conv2_1']);
    const weights = referenceWeights(spec);
    const network = {
      spec: JSON.stringify(spec),
      weights,
      layerWeights: Float64Array.of(0.5, 2),
    };
    const size = { batch: 2, height: 6, width: 9 };
    const [sr, gt] = [uniforms(2 * 3 * 54, 1), uniforms(2 * 3 * 54, 2)];
    const sampleWeights = Float64Array.of(0.5, 3);
    const of = (x: Float32Array) => lossOps._perceptualLoss(network, x, gt, size, sampleWeights);
    assertGradient(of(sr), sr, sampleWeights, (x) => of(x).losses, 2e-4);
    assert.deepEqual([...of(gt).losses], [0, 0]);
    assert.ok(of(gt).gradient.every((g) => g === 0));
  });

  it('of the first layers of InceptionV3 has the gradient of finite differences', () => {
    const layers = featureLayers({ network: 'inceptionv3', layers: null });
    const spec = inceptionStem(layers.map(([layer]) => layer));
    const network = {
      spec: JSON.stringify(spec),
      weights: referenceWeights(spec),
      layerWeights: Float64Array.from(layers, ([, weight]) => weight),
    };
    const size = { batch: 1, height: 8, width: 16 };
    const [sr, gt] = [uniforms(3 * 128, 1), uniforms(3 * 128, 2)];
    const one = Float64Array.of(1);
    const of = (x: Float32Array) => lossOps._perceptualLoss(network, x, gt, size, one);
    assertGradient(of(sr), sr, one, (x) => of(x).losses, 2e-4);
    assert.deepEqual([...of(gt).losses], [0]);
  });

  it('refuses weights that do not fit', () => {
    const spec = JSON.stringify(vgg19(['conv1_1']));
    const size = { batch: 1, height: 4, width: 4 };
    const [image, one] = [uniforms(48, 1), Float64Array.of(1)];
    const few = { spec, weights: new Float32Array(3), layerWeights: one };
    const many = { spec, weights: new Float32Array(64 * 28), layerWeights: Float64Array.of(1, 2) };
    for (const network of [few, many]) {
      assert.throws(() => lossOps._perceptualLoss(network, image, image, size, one), {
        code: 'E_SHAPE',
      });
    }
  });
});

describe('VGG19', () => {
  it('equals plain loops, its features in their order', async () => {
    const spec = vgg19(['conv2_1', 'conv1_2']);
    assert.deepEqual(spec.features, ['features.2', 'features.5']);
    const point = randomPoint(spec, { batch: 1, height: 4, width: 5 }, 3);
    await checkNetwork(spec, { ...point, parameters: referenceWeights(spec) });
  });
});
