/** Whether an ONNX file does what the network does. */
import { EvensrError, exitCodes } from '../errors.ts';
import { Random, streams } from '../rng.ts';
import type { Model } from './model.ts';

/** Inputs that are compared: batches and sides of several kinds, as the file claims to take any. */
const shapes = [
  { batch: 1, height: 32, width: 32 },
  { batch: 2, height: 17, width: 23 },
];
const tolerance = 1e-4;

/**
 * Runs the model and onnxruntime on the same images, uniform in [0, 1].
 * @returns the largest difference, or nothing when onnxruntime-node is not installed
 * @throws E_ONNX (exit code 9) when onnxruntime refuses the file or differs by more than 1e-4
 */
export async function compareWithOnnxruntime(
  file: Uint8Array,
  model: Model,
): Promise<number | undefined> {
  const runtime = await import('onnxruntime-node').catch(() => undefined);
  if (!runtime) return undefined;
  const session = await runtime.InferenceSession.create(file).catch((cause: Error) =>
    refuse(`onnxruntime does not open it: ${cause.message}`, cause),
  );
  try {
    let largest = 0;
    for (const [at, { batch, ...size }] of shapes.entries()) {
      const [height, width] = [size.height * model.multiple, size.width * model.multiple];
      const random = new Random(0, streams.evaluation, at);
      const lq = Float32Array.from({ length: batch * 3 * height * width }, () => random.uniform());
      const expected = await model.forward(lq, { batch, height, width });
      const input = new runtime.Tensor('float32', lq, [batch, 3, height, width]);
      const { output } = await session.run({ input });
      largest = Math.max(largest, differenceOf(expected, output?.data));
    }
    if (largest <= tolerance) return largest;
    return refuse(`onnxruntime's result differs by ${largest} from the network's`);
  } finally {
    await session.release();
  }
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
