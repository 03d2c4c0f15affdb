/** The convolutions of many channels, which are Winograd's, against sums in double precision. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkSpec } from '../../src/network/spec.ts';
import { srvgg } from '../../src/network/srvgg.ts';
import { convolution, plainSums, relativeError } from './convolutions.ts';
import { makeTrainer, type Size, uniforms } from './networks.ts';

describe('convolutions of many channels', () => {
  const cases: [number, number, Size][] = [
    [64, 64, { batch: 2, height: 9, width: 14 }],
    [24, 24, { batch: 1, height: 16, width: 5 }],
    [64, 32, { batch: 1, height: 8, width: 8 }],
    [192, 64, { batch: 1, height: 7, width: 6 }],
    [16, 48, { batch: 3, height: 1, width: 3 }],
  ];
  for (const [inputs, outputs, size] of cases) {
    it(`${inputs} to ${outputs}: 2e-6 of the result and of both gradients`, async () => {
      const spec = convolution(inputs, outputs);
      const pixels = size.batch * size.height * size.width;
      const x = uniforms(pixels * inputs, 1, -1, 1);
      const parameters = uniforms(outputs * (inputs * 9 + 1), 2, -0.1, 0.1);
      const dy = uniforms(pixels * outputs, 3, -1, 1);
      const expected = plainSums([inputs, outputs], size, x, parameters, dy);
      const results = [];
      for (const threads of [1, 2, 3]) {
        const trainer = makeTrainer(spec, { weights: parameters, threads });
        const found = await trainer._gradients(x, size, dy);
        trainer.dispose();
        results.push(found);
        for (const key of ['output', 'inputGradient', 'parameterGradients'] as const) {
          const error = relativeError(found[key], expected[key]);
          assert.ok(error < 2e-6, `${key}: ${error}`);
        }
      }
      assert.deepEqual(results[1], results[0], 'two threads as one');
      assert.deepEqual(results[2], results[0], 'three threads as one');
    });
  }
});

for (const [precision, channels, tolerance] of [
  ['float32', 24, 1e-6],
  ['bfloat16', 32, 1e-4],
] as const)
  describe(`PReLUs between convolutions in ${precision}`, () => {
    const size = { batch: 2, height: 41, width: 30 };
    const pixels = size.batch * size.height * size.width;
    const spec = srvgg({ scale: 1, numFeat: channels, numConv: 2, activation: 'prelu' });
    const count = spec.parameters.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b),
      0,
    );
    const parameters = uniforms(count, 4, -0.2, 0.2);
    const x = uniforms(3 * pixels, 5, -1, 1);
    const dy = uniforms(3 * pixels, 6, -1, 1);
    const gradients = async (
      network: NetworkSpec,
      outputGradient: Float32Array,
      threads: number,
    ) => {
      const trainer = makeTrainer(network, { weights: parameters, threads, precision });
      const { inputGradient, parameterGradients } = await trainer._gradients(
        x,
        size,
        outputGradient,
      );
      trainer.dispose();
      return { inputGradient, parameterGradients };
    };

    it('have the same gradients, bit for bit, for any number of threads', async () => {
      const one = await gradients(spec, dy, 1);
      for (const threads of [2, 3, 5]) assert.deepEqual(await gradients(spec, dy, threads), one);
    });

    it('have the gradients of PReLUs that others read, too', async () => {
      // No convolution takes its gradient through a PReLU whose result is a result of the network.
      const activated = spec.nodes.filter(({ op }) => op === 'prelu').map(({ name }) => name);
      const open = { ...spec, features: [...activated, spec.output] };
      const none = activated.length * channels * pixels;
      const outputGradient = new Float32Array(none + dy.length);
      outputGradient.set(dy, none);
      const expected = await gradients(open, outputGradient, 1);
      const found = await gradients(spec, dy, 1);
      for (const key of ['inputGradient', 'parameterGradients'] as const) {
        const error = relativeError(found[key], Float64Array.from(expected[key]));
        assert.ok(error < tolerance, `${key}: ${error}`);
      }
    });
  });
