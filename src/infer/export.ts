/** A trained network as files that other tools read. */

import { architectures } from '../network/build.ts';
import { encodeTorch } from '../network/files/torch-write.ts';
import { networkToOnnx, type OnnxPrecision } from '../network/onnx.ts';
import { encodeSafetensors } from '../network/safetensors.ts';
import { elements, type NetworkSpec } from '../network/spec.ts';
import type { Weights } from './weights.ts';

/** What else a file says about itself, by name: how it was trained, for example. */
export type ModelFacts = Readonly<Record<string, unknown>>;

export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * Metadata of an exported file; both formats hold texts only. `network` is what evensr builds the
 * network from again; the sizes beside it have the names of BasicSR's options. What a bare file said
 * about its origin is kept.
 */
function modelMetadata({ info, metadata }: Weights, facts: ModelFacts): Record<string, string> {
  const { type, scale, ...sizes } = info.network;
  const entries = Object.entries({
    arch: architectures[type],
    scale,
    ...Object.fromEntries(Object.entries(sizes).map(([key, value]) => [snakeCase(key), value])),
    network: info.network,
    weights: info.weights,
    ...(info.step === null ? {} : { step: info.step }),
    ...facts,
  });
  const own = Object.fromEntries(entries.map(([key, value]) => [key, text(value)]));
  const { format: _, name: __, ...origin } = metadata;
  // Sorted, so that the same contents are the same bytes.
  return Object.fromEntries(Object.entries({ ...own, ...origin }).sort());
}

/** Parts of a safetensors file: float32, names of the field's state dicts, no prefix. */
export function safetensorsOf(weights: Weights, facts: ModelFacts): Uint8Array[] {
  const metadata = { format: 'pt', ...modelMetadata(weights, facts) };
  return encodeSafetensors(tensorsOf(weights), metadata);
}

function tensorsOf({ spec, values }: { spec: NetworkSpec; values: Float32Array }) {
  let offset = 0;
  return spec.parameters.map(({ name, shape }) => {
    const data = values.subarray(offset, offset + elements(shape));
    offset += data.length;
    return { name, shape, data };
  });
}

/**
 * Parts of a .pth file for torch.load(weights_only=True): float32, the same names, below `params_ema` for
 * a moving average and below `params` else, as BasicSR and Real-ESRGAN look for them.
 */
export function torchOf(weights: Weights, facts: ModelFacts): Uint8Array[] {
  const wrapper = weights.info.weights === 'ema' ? 'params_ema' : 'params';
  return encodeTorch(tensorsOf(weights), { wrapper, metadata: modelMetadata(weights, facts) });
}

/**
 * An ONNX file: IR 8, opset 17, `input` (N, 3, H, W) and `output` (N, 3, s H, s W) in [0, 1], all numbers
 * of the given precision.
 */
export function onnxOf(
  weights: Weights,
  facts: ModelFacts,
  precision: OnnxPrecision = 'float32',
): Uint8Array {
  return networkToOnnx(weights.spec, weights.values, modelMetadata(weights, facts), precision);
}
