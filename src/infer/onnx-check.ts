/** Whether an ONNX file does what the network does. */
import { EvensrError, exitCodes } from '../errors.ts';
import { fromHalves, toHalves } from '../network/half.ts';
import type { OnnxPrecision } from '../network/onnx.ts';
import { Random, streams } from '../rng.ts';
import type { Model } from './model.ts';

/** Inputs that are compared: batches and sides of several kinds, as the file claims to take any. */
const shapes = [
  { batch: 1, height: 32, width: 32 },
  { batch: 2, height: 17, width: 23 },
];
/**
 * Largest differences, as shares of the largest result beyond 1: sums of many layers add their rounding
 * up, and noise, which is what is compared, can make results far beyond [0, 1].
 */
const tolerances = { float32: 1e-4, float16: 2e-2 } satisfies Record<OnnxPrecision, number>;

/**
 * Runs the model and onnxruntime on the same images, uniform in [0, 1].
 * @returns the largest difference, or nothing when onnxruntime-node is not installed
 * @throws E_ONNX (exit code 9) when onnxruntime refuses the file or differs by more than 1e-4, or 2e-2
 * for a file of float16
 */
export async function compareWithOnnxruntime(
  file: Uint8Array,
  model: Model,
  precision: OnnxPrecision = 'float32',
): Promise<number | undefined> {
  const runtime = await import('onnxruntime-node').catch(() => undefined);
  if (!runtime) return undefined;
  const session = await runtime.InferenceSession.create(file).catch((cause: Error) =>
    refuse(`onnxruntime does not open it: ${cause.message}`, cause),
  );
  try {
    let largest = 0;
    let extent = 1;
    for (const [at, { batch, ...size }] of shapes.entries()) {
      const [height, width] = [size.height * model.multiple, size.width * model.multiple];
      const random = new Random(0, streams.evaluation, at);
      const lq = Float32Array.from({ length: batch * 3 * height * width }, () => random.uniform());
      const expected = await model.forward(lq, { batch, height, width });
      const dims = [batch, 3, height, width];
      const input =
        precision === 'float32'
          ? new runtime.Tensor('float32', lq, dims)
          : new runtime.Tensor('float16', toHalves(lq), dims);
      const { output } = await session.run({ input });
      largest = Math.max(largest, differenceOf(expected, floatsOf(output?.data)));
      extent = expected.reduce((most, value) => Math.max(most, Math.abs(value)), extent);
    }
    if (largest <= tolerances[precision] * extent) return largest;
    return refuse(`onnxruntime's result differs by ${largest} from the network's`);
  } finally {
    await session.release();
  }
}

/** float16 comes as its bits, or in newer versions of Node as an array of its own. */
function floatsOf(data: unknown): unknown {
  if (data instanceof Float32Array || !ArrayBuffer.isView(data)) return data;
  return fromHalves(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2));
}

function differenceOf(expected: Float32Array, found: unknown): number {
  if (!(found instanceof Float32Array) || found.length !== expected.length) return Infinity;
  // A value that is no number must not pass for a small difference.
  return expected.reduce((most, value, i) => {
    const difference = Math.abs(value - (found[i] as number));
    return difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
}

function refuse(reason: string, cause?: Error): never {
  throw new EvensrError(
    'E_ONNX',
    exitCodes.invalidModel,
    `the ONNX file is not written: ${reason}`,
    {
      hint: 'please report it, with the output of evensr doctor',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
