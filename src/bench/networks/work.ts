/** What all contenders of a case share, in files: weights, lq, gt, and the network as ONNX. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packRecipes } from '../../degradation/pack.ts';
import type { Recipe } from '../../degradation/recipe.ts';
import { onnxOf } from '../../infer/export.ts';
import { type NativeBatch, native } from '../../native.ts';
import { buildNetwork } from '../../network/build.ts';
import { initialWeights } from '../../network/init.ts';
import type { NetworkSpec } from '../../network/spec.ts';
import { picture, planesOf } from '../gt.ts';
import type { NetworkCase } from './cases.ts';
import { GanWork } from './gan.ts';
import type { NetworkPeerWork, TrainingOptions } from './peer.ts';

export const training: TrainingOptions = {
  ...{ learningRate: 1e-4, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, emaDecay: 0.999 },
};

const seed = 1;

/**
 * Weights with which every layer and every sample counts in what is compared: `gain` times the first ones,
 * since some networks begin as little more than an interpolation; and a result so much too dark that
 * the L1 loss has one sign nearly everywhere, for rounding decides about the sign of differences near 0.
 */
function comparableWeights(spec: NetworkSpec, gain: number): Float32Array {
  const weights = initialWeights(spec, seed).map((value) => gain * value);
  const lastBias = spec.parameters.at(-1)?.shape[0] ?? 0;
  for (let i = weights.length - lastBias; i < weights.length; i++) weights[i] = -0.3;
  return weights;
}

/** Shrinks by the network's scale and does nothing else. */
const shrinking = (scale: number): Recipe => ({
  ...{ seed: [1, 2], graySeed: [1, 2], scale },
  operations: [{ op: 'resize', stage: 1, mode: 'area', of: 'input', factor: 1 / scale }],
});

export class NetworkWork {
  readonly found: NetworkCase;
  readonly threads: number;
  readonly spec: NetworkSpec;
  readonly weights: Float32Array;
  readonly gan: GanWork | null;
  readonly folder = mkdtempSync(join(tmpdir(), 'evensr-bench-'));

  constructor(found: NetworkCase, threads: number) {
    this.found = found;
    this.threads = threads;
    this.spec = buildNetwork(found.network);
    this.weights = comparableWeights(this.spec, found.gain);
    this.gan = found.gan ? new GanWork(found.gan) : null;
  }

  /** Pairs of gt and lq in native memory. The caller disposes them. */
  pairs(): Promise<NativeBatch> {
    const { batch, side: lqSide } = this.found.shape;
    const { scale } = this.spec;
    const side = scale * lqSide;
    const gt = new Float32Array(3 * batch * side * side);
    for (let sample = 0; sample < batch; sample++) {
      gt.set(planesOf(picture(side, sample), side), sample * 3 * side * side);
    }
    const recipes = packRecipes(Array.from({ length: batch }, () => shrinking(scale)));
    return native.synthesizeFrom(gt, { batch, height: side, width: side }, recipes, {
      ...{ usm: false, threads: this.threads },
    });
  }

  private file(name: string): string {
    return join(this.folder, `${name}.f32`);
  }

  private write(name: string, values: Float32Array): void {
    writeFileSync(
      this.file(name),
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }

  /** Writes the files that contenders read. */
  async share(): Promise<void> {
    const { found, spec, weights } = this;
    const pairs = await this.pairs();
    this.write('weights', weights);
    for (const [name, values] of Object.entries(this.gan?.values ?? {})) this.write(name, values);
    this.write('lq', pairs.lq());
    this.write('gt', pairs.gt());
    pairs.dispose();
    const info = { file: found.name, step: null, weights: 'file' as const, network: found.network };
    const onnx = onnxOf({ info, spec, values: weights, metadata: {} }, {});
    writeFileSync(join(this.folder, 'network.onnx'), onnx);
  }

  /** A file that a contender wrote. */
  read(name: 'output' | 'gradients' | 'discriminatorGradients'): Float32Array {
    return new Float32Array(Uint8Array.from(readFileSync(this.file(name))).buffer);
  }

  forPeers(): NetworkPeerWork {
    const { job, network, shape } = this.found;
    const parameters = this.spec.parameters.map(({ name, shape }) => ({ name, shape }));
    const gan = this.gan?.forPeers() ?? null;
    return { folder: this.folder, job, network, parameters, shape, training, gan };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
