/** The discriminator against PyTorch in float64: output, gradients, and where u and v have come to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { elements } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { makeBatch, makeTrainer, type Size } from './networks.ts';
import { formula, referenceBuffers, referenceWeights } from './reference-values.ts';

/** What test/fixtures/discriminator_reference.py writes. */
interface Reference {
  numFeat: number;
  size: Size;
  parameters: { name: string; shape: number[] }[];
  buffers: { name: string; values: number[] }[];
  passes: {
    output: number[];
    /** Its first values. */
    inputGradient: number[];
    inputGradientNorm: number;
    gradientNorms: number[];
  }[];
}

const reference = JSON.parse(
  readFileSync(
    new URL('../../../test/fixtures/discriminator-reference.json', import.meta.url),
    'utf8',
  ),
) as Reference;

const spec = unetDiscriminator({ numFeat: reference.numFeat });
const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

function assertNear(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

describe('the discriminator', () => {
  const { batch, height, width } = reference.size;
  const image = Float32Array.from({ length: batch * 3 * height * width }, (_, i) =>
    formula(1_000_000 + i),
  );
  const direction = Float32Array.from(
    { length: batch * height * width },
    (_, i) => formula(2_000_000 + i) - 0.5,
  );
  const make = (threads = 2) =>
    makeTrainer(spec, {
      threads,
      weights: referenceWeights(spec),
      buffers: referenceBuffers(spec),
    });

  it('has the names and shapes of the state dict', () => {
    assert.deepEqual(
      spec.parameters.map(({ name, shape }) => ({ name, shape })),
      reference.parameters,
    );
    const trainer = make();
    let offset = 0;
    const expected = reference.buffers.map(({ name, values }) => {
      const info = { name, shape: [values.length], offset };
      offset += values.length;
      return info;
    });
    assert.deepEqual(trainer.buffers(), expected);
  });

  it('equals PyTorch in three passes of training, u and v included', async () => {
    const trainer = make();
    for (const [pass, expected] of reference.passes.entries()) {
      const found = await trainer._gradients(image, reference.size, direction);
      for (const [i, value] of found.output.entries()) {
        assertNear(value, expected.output[i] as number, 2e-5, `pass ${pass}, output ${i}`);
      }
      const size = expected.inputGradientNorm;
      assertNear(norm(found.inputGradient), size, 1e-5 * size, `pass ${pass}, input`);
      for (const [i, value] of expected.inputGradient.entries()) {
        assertNear(
          found.inputGradient[i] as number,
          value,
          1e-6 * size,
          `pass ${pass}, input ${i}`,
        );
      }
      for (const [i, { name, shape, offset }] of trainer.tensors().entries()) {
        const gradient = found.parameterGradients.subarray(offset, offset + elements(shape));
        const wanted = expected.gradientNorms[i] as number;
        assertNear(
          norm(gradient),
          wanted,
          2e-5 * wanted + 2e-6,
          `pass ${pass}, gradient of ${name}`,
        );
      }
    }
    const after = trainer.getBuffers();
    for (const [i, { name, offset }] of trainer.buffers().entries()) {
      for (const [at, value] of (reference.buffers[i]?.values ?? []).entries()) {
        assertNear(after[offset + at] as number, value, 1e-6, `${name} ${at}`);
      }
    }
  });

  it('moves u and v in training only, and from where they were set', async () => {
    const [trainer, other] = [make(), make()];
    const before = trainer.getBuffers();
    await trainer.forward(image, reference.size, 'params');
    assert.deepEqual(trainer.getBuffers(), before);
    await trainer._gradients(image, reference.size, direction);
    assert.notDeepEqual(trainer.getBuffers(), before);
    other.setBuffers(trainer.getBuffers());
    assert.deepEqual(
      await other._gradients(image, reference.size, direction),
      await trainer._gradients(image, reference.size, direction),
    );
    assert.deepEqual(other.getBuffers(), trainer.getBuffers());
    assert.throws(() => other.setBuffers(new Float32Array(3)), { code: 'E_SHAPE' });
    assert.throws(() => makeTrainer(spec, { buffers: new Float32Array(3) }), { code: 'E_SHAPE' });
  });

  it('has the same u, v and gradients of weights with any number of threads', async () => {
    const [one, three] = [make(1), make(3)];
    const of = (trainer: typeof one) => trainer._gradients(image, reference.size, direction);
    assert.deepEqual((await of(one)).output, (await of(three)).output);
    assert.deepEqual(one.getBuffers(), three.getBuffers());
  });

  it('keeps u and v when a step is skipped', async () => {
    const small = { ...spec, nodes: spec.nodes.slice(0, 2), output: 'conv0.act' };
    // A network from image to image with one normalised convolution.
    const [first, act] = small.nodes;
    const normalised = {
      ...small,
      parameters: [
        {
          name: 'w',
          shape: [3, 3, 3, 3],
          init: { kind: 'constant', value: 0 } as const,
          spectralNorm: { u: 'u', v: 'v' },
        },
      ],
      nodes: [{ ...first, parameters: ['w'] }, act],
    } as typeof spec;
    const trainer = makeTrainer(normalised);
    const before = trainer.getBuffers();
    const size = { batch: 1, height: 8, width: 8 };
    const good = await trainer.step(makeBatch(1, size, 1), { learningRate: 1e-3 });
    assert.equal(good.nonFinite, null);
    const moved = trainer.getBuffers();
    assert.notDeepEqual(moved, before);
    trainer.setState('params', trainer.getState('params').fill(Number.NaN));
    const bad = await trainer.step(makeBatch(1, size, 1), { learningRate: 1e-3 });
    assert.notEqual(bad.nonFinite, null);
    assert.deepEqual(trainer.getBuffers(), moved);
  });
});
