/** The convolutions of many channels, which are Winograd's, against sums in double precision. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
