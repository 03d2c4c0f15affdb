import { isFolder } from '../data/folder.ts';
import { extensionOf, formatOfExtension } from '../data/names.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { Precision, WeightSet } from '../native.ts';
import type { Warn } from '../train/checkpoint-folder.ts';
import type { TileEngine } from './engine.ts';
import { onnxOf } from './export.ts';
import { modelOf } from './model.ts';
import { nativeEngine } from './native-engine.ts';
import { onnxEngine } from './onnx-engine.ts';
import { refuseModel } from './onnx-layout.ts';
import { Upscaler } from './upscaler.ts';
import { readWeights } from './weights.ts';

export interface OpenUpscalerOptions {
  /** auto: onnx for an ONNX file, native for everything else. */
  engine: 'auto' | 'native' | 'onnx';
  /** Of a checkpoint. */
  weights: WeightSet;
  /** 0: all CPUs. */
  threads: number;
  /** Of the native engine; float32 when it is not given. */
  precision?: Precision | undefined;
  /** Of the native engine; the CPU when it is not given. */
  device?: string | undefined;
  /** Side of tiles in input pixels. */
  tile?: number | undefined;
  warn: Warn;
}

async function readOnnx(model: string): Promise<Buffer> {
  return await readRegularFile(model).catch((cause: Error) =>
    refuseModel(model, cause.message, 'give an ONNX file that can be read'),
  );
}

/** Files that are no model, whatever is in them: told as that, not as a damaged model. */
function refusePicture(model: string): void {
  if (!formatOfExtension.has(extensionOf(model)) || isFolder(model)) return;
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${model} is a picture, not a network`, {
    hint: 'give a run folder, checkpoint, .safetensors, .pth, .param or .onnx file with -m, pictures with -i',
  });
}

function refuseDevice(device: string | undefined): void {
  if (device === undefined || device === 'cpu') return;
  throw new EvensrError(
    'E_USAGE',
    exitCodes.usage,
    `onnxruntime runs on the CPU, not on ${device}`,
    {
      hint: 'leave --device out, or use --engine native with a run folder, checkpoint or file of weights',
    },
  );
}

function refusePrecision(precision: Precision | undefined): void {
  if (precision === undefined || precision === 'float32') return;
  const message = `onnxruntime computes in the precision of its file, not in ${precision}`;
  throw new EvensrError('E_USAGE', exitCodes.usage, message, {
    hint: 'leave --precision out, or use --engine native with a run folder, checkpoint or file of weights',
  });
}

async function openEngine(model: string, options: OpenUpscalerOptions): Promise<TileEngine> {
  const { engine, weights, threads, precision, device, tile, warn } = options;
  if (model.toLowerCase().endsWith('.onnx')) {
    if (engine !== 'native') {
      refusePrecision(precision);
      refuseDevice(device);
      return onnxEngine(await readOnnx(model), model, { threads, tile });
    }
    throw new EvensrError('E_USAGE', exitCodes.usage, `${model} runs on onnxruntime only`, {
      hint: 'use --engine onnx, or give the run folder, checkpoint or file of weights that it came from',
    });
  }
  refusePicture(model);
  const found = await readWeights(model, weights, warn);
  const own = { ...(precision && { precision }), ...(device && { device }) };
  if (engine !== 'onnx') return nativeEngine(modelOf(found, threads, own), { tile });
  refusePrecision(precision);
  refuseDevice(device);
  return onnxEngine(onnxOf(found, {}), found.info.file, { threads, tile });
}

/**
 * Opens a run folder, checkpoint, file of weights or ONNX file for upscaling.
 * @throws E_MODEL and what else readWeights throws, E_ENGINE without onnxruntime-node, E_USAGE
 */
export async function openUpscaler(model: string, options: OpenUpscalerOptions): Promise<Upscaler> {
  return new Upscaler(await openEngine(model, options));
}
