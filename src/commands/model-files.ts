/** Files of trained networks that commands write: by format, checked, durable. */
import { EvensrError, exitCodes } from '../errors.ts';
import { type ModelFacts, onnxOf, safetensorsOf, torchOf } from '../infer/export.ts';
import { modelOf } from '../infer/model.ts';
import { compareWithOnnxruntime } from '../infer/onnx-check.ts';
import type { Weights } from '../infer/weights.ts';
import { native } from '../native.ts';
import type { OnnxPrecision } from '../network/onnx.ts';
import type { TrainConfig } from '../train/config.ts';
import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';

export const formats = ['safetensors', 'pth', 'onnx'] as const;
export type Format = (typeof formats)[number];

export interface WrittenFile {
  file: string;
  format: Format;
  weights: Weights['info']['weights'];
  bytes: number;
  /** Largest difference between onnxruntime and the network; null when it was not compared. */
  onnxDifference?: number | null;
}

export interface FileToWrite {
  file: string;
  format: Format;
  set: Weights;
  facts: ModelFacts;
  /** Of an ONNX file. */
  precision: OnnxPrecision;
}

/** What the files say about the training. */
export function factsOf(name: string, config: TrainConfig | undefined): ModelFacts {
  const evensr = native.info().version;
  if (!config) return { name, evensr };
  const { steps, batchSize, lqSize, learningRate, loss, emaDecay } = config.training;
  const { compat, jpegBackend, usm } = config.degradation;
  const training = { steps, batchSize, lqSize, learningRate, loss: loss.type, emaDecay };
  const degradation = { compat, jpegBackend, usm };
  return { name, evensr, training: { ...training, rule: config.balance.rule, ...degradation } };
}

async function checkOnnx(
  bytes: Uint8Array,
  { set, precision }: FileToWrite,
  output: Output,
): Promise<number | null> {
  const model = modelOf(set, 0);
  try {
    const difference = await compareWithOnnxruntime(bytes, model, precision);
    if (difference !== undefined) return difference;
    output.warn('W_ONNX', 'the ONNX file is not compared - onnxruntime-node is not installed');
    return null;
  } finally {
    model.dispose();
  }
}

async function partsOf(wanted: FileToWrite, output: Output) {
  const { format, set, facts, precision } = wanted;
  if (format === 'safetensors') return { parts: safetensorsOf(set, facts) };
  if (format === 'pth') return { parts: torchOf(set, facts) };
  const bytes = onnxOf(set, facts, precision);
  return { parts: [bytes], onnxDifference: await checkOnnx(bytes, wanted, output) };
}

/** Writes one file and says so. An ONNX file is there only when it does what the network does. */
export async function writeModelFile(wanted: FileToWrite, output: Output): Promise<WrittenFile> {
  const { file, format, set } = wanted;
  const { parts, ...compared } = await partsOf(wanted, output);
  await native.writeFileDurably(file, parts);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const written = { file, format, weights: set.info.weights, bytes, ...compared };
  tell(written, output);
  return written;
}

function tell({ file, bytes, onnxDifference }: WrittenFile, output: Output): void {
  const compared =
    typeof onnxDifference === 'number'
      ? `, onnxruntime differs by at most ${onnxDifference.toExponential(1)}`
      : '';
  output.line(`${file}  ${formatBytes(bytes)}${compared}`);
}

/** Throws E_EXISTS for a file that may not be replaced. */
export function refuseExisting(file: string, hint: string): never {
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${file} is there already`, { hint });
}
