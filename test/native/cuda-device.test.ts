/** The CUDA kernels through the addon, run on the CPU (device `emulated`): what the driver's checks leave open. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import { type NativeTrainer, native, type Precision } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { takeState } from '../../src/train/trainer-state.ts';
import { randomOperations, testBank } from '../random-recipe.ts';
import { makeBatch, makeTrainer, uniforms } from './networks.ts';

// Device memory cannot be touched but by kernels and copies: host code that does ends the test.
Object.assign(process.env, { EMU_PROTECT: '1' });
const { emulated } = native.info();
const why = emulated ? false : 'built without EVENSR_EMULATED: npm test builds with it';

const networks: Record<string, NetworkConfig> = {
  srvgg: { type: 'srvgg', scale: 2, numFeat: 16, numConv: 2, init: 'he' },
  conditioned: {
    type: 'srvgg',
    scale: 2,
    numFeat: 8,
    numConv: 2,
    init: 'he',
    conditioning: { filters: 4, hidden: 6, severities: [], severityWeight: 0.01 },
  },
  rrdbnet: {
    type: 'rrdbnet',
    scale: 4,
    numFeat: 8,
    numBlock: 1,
    numGrowCh: 4,
    unshuffle: true,
  },
} as Record<string, NetworkConfig>;

const size = { batch: 2, height: 8, width: 10 };
const step = { learningRate: 1e-3 };

function trainerOn(device: string, config: NetworkConfig, precision: Precision = 'float32') {
  const spec = buildNetwork(config);
  return makeTrainer(spec, { device, precision, weights: initialWeights(spec, 3) });
}

async function train(trainer: NativeTrainer, scale: number, from: number, to: number) {
  const losses: number[] = [];
  for (let seed = from; seed <= to; seed++) {
    losses.push(...(await trainer.step(makeBatch(scale, size, seed), step)).losses);
  }
  return losses;
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assert.equal(found.length, expected.length);
  let largest = 0;
  for (const value of Array.from(expected)) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((found[i] as number) - (expected[i] as number));
    assert.ok(error <= tolerance * largest, `value ${i}: ${found[i]}, expected ${expected[i]}`);
  }
}

describe('networks on the emulated CUDA device', { skip: why }, () => {
  for (const [name, config] of Object.entries(networks)) {
    it(`${name} trains as on the CPU`, async () => {
      const [cpu, device] = [trainerOn('cpu', config), trainerOn('emulated', config)];
      const expected = await train(cpu, config.scale, 1, 4);
      assertClose(await train(device, config.scale, 1, 4), expected, 1e-4);
      const lq = uniforms(3 * 8 * 10, 5);
      const shape = { batch: 1, height: 8, width: 10 };
      const [a, b] = await Promise.all([
        cpu.forward(lq, shape, 'ema'),
        device.forward(lq, shape, 'ema'),
      ]);
      assertClose(b, a, 1e-4);
    });
  }

  it('multiplies in bfloat16 when asked to', async () => {
    const config = networks.srvgg as NetworkConfig;
    const losses = await train(trainerOn('emulated', config, 'bfloat16'), 2, 1, 6);
    const expected = await train(trainerOn('emulated', config), 2, 1, 6);
    assertClose(losses, expected, 2e-2);
    assert.notDeepEqual(losses, expected);
  });

  it('continues a state of its own bit for bit, and one of the CPU within rounding', async () => {
    const config = networks.srvgg as NetworkConfig;
    const straight = trainerOn('emulated', config);
    await train(straight, 2, 1, 6);
    for (const first of ['emulated', 'cpu']) {
      const before = trainerOn(first, config);
      await train(before, 2, 1, 3);
      const after = trainerOn('emulated', config);
      for (const block of ['params', 'ema', 'm', 'v'] as const) {
        after.setState(block, before.getState(block));
      }
      after.setStepCount(before.stepCount);
      await train(after, 2, 4, 6);
      if (first === 'emulated') assert.deepEqual(takeState(after), takeState(straight));
      assertClose(after.getState('params'), straight.getState('params'), 1e-4);
    }
  });
});

describe('degradation on the emulated CUDA device', { skip: why }, () => {
  it('gives the bytes of the CPU, with margins and sharpening', async () => {
    const bank = testBank();
    const [batch, side] = [8, 48];
    const gt = uniforms(batch * 3 * side * side, 9);
    const shape = { batch, height: side, width: side };
    const kernels = { size: bank.kernelSize, taps: bank.kernels };
    const plain = (seed: number) => {
      const recipe = randomOperations(seed, 4, { height: side, width: side });
      return { ...recipe, operations: recipe.operations.filter(({ op }) => op !== 'inject') };
    };
    for (const usm of [false, true]) {
      const recipes = packRecipes(Array.from({ length: batch }, (_, i) => plain(i + 20)));
      const made = await Promise.all(
        ['cpu', 'emulated'].map((device) =>
          native.synthesizeFrom(gt, shape, recipes, { usm, threads: 1, device, kernels }),
        ),
      );
      const [cpu, device] = made.map((pairs) => ({ gt: pairs.gt(), lq: pairs.lq() }));
      assert.deepEqual(device, cpu);
    }
  });
});

describe('devices that are not there', () => {
  for (const device of ['cuda:99', 'tpu']) {
    it(`${device} is E_DEVICE`, () => {
      const config = networks.srvgg as NetworkConfig;
      assert.throws(() => trainerOn(device, config), { code: 'E_DEVICE' });
    });
  }
});
