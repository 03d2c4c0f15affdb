/** How an ONNX model takes and gives images. */
import { EvensrError, exitCodes } from '../errors.ts';
import type { ElementType, OnnxInput, OpenedOnnx } from './onnx-protocol.ts';
import type { OnnxSession } from './onnx-session.ts';

export interface OnnxLayout {
  input: string;
  output: string;
  type: ElementType;
  order: 'nchw' | 'nhwc';
  /** 1: colours are run one by one. */
  channels: 1 | 3;
  /** Images at once, when only so many are taken. */
  batch: number | undefined;
  /** Sizes, when only one is taken. */
  fixed: { height: number; width: number } | undefined;
}

const layoutHint =
  'models that make one RGB or gray image of one are run: float, NCHW or NHWC, x1 to x4';

export function refuseModel(name: string, reason: string, hint = layoutHint): never {
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${name} ${reason}`, { hint });
}

const fixedSize = (size: number | string | undefined): number | undefined =>
  typeof size === 'number' && size > 0 ? size : undefined;

const isChannels = (size: number | string | undefined): size is 1 | 3 => size === 1 || size === 3;

function orderOf(name: string, { shape }: OnnxInput): Pick<OnnxLayout, 'order' | 'channels'> {
  if (shape.length === 4 && isChannels(shape[1])) return { order: 'nchw', channels: shape[1] };
  if (shape.length === 4 && isChannels(shape[3])) return { order: 'nhwc', channels: shape[3] };
  // Some exports leave everything open; the field's models are NCHW.
  if (shape.length === 4 && typeof shape[1] === 'string') return { order: 'nchw', channels: 3 };
  return refuseModel(name, `takes ${shape.join(' x ')}, which is no image of 1 or 3 channels`);
}

/** What a model's description tells. Throws E_MODEL when it is none from image to image. */
export function layoutOf(name: string, { inputs, outputs }: OpenedOnnx): OnnxLayout {
  const [input, ...more] = inputs;
  const output = outputs[0];
  if (!input || !output || more.length > 0)
    return refuseModel(name, `has ${inputs.length} inputs and ${outputs.length} outputs`);
  if (input.type !== 'float32' && input.type !== 'float16')
    return refuseModel(name, `takes ${input.type}`);
  const { order, channels } = orderOf(name, input);
  const [height, width] = order === 'nchw' ? input.shape.slice(2) : input.shape.slice(1);
  const sizes = { height: fixedSize(height), width: fixedSize(width) };
  const fixed =
    sizes.height !== undefined && sizes.width !== undefined
      ? { height: sizes.height, width: sizes.width }
      : undefined;
  if (!fixed && (sizes.height ?? sizes.width) !== undefined)
    return refuseModel(name, `fixes one side of its input only (${input.shape.join(' x ')})`);
  return {
    input: input.name,
    output: output.name,
    type: input.type,
    order,
    channels,
    batch: fixedSize(input.shape[0]),
    fixed,
  };
}

/** Dimensions of `count` images of the layout's channels. */
export function dimsOf(layout: OnnxLayout, count: number, height: number, width: number): number[] {
  const { order, channels } = layout;
  return order === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
}

/** Sides beyond 64 that are tried, by what they are multiples of. */
const multiples = [1, 2, 4, 8, 16, 32, 64];

/** What trying a model tells beside its description. */
export interface TriedModel {
  scale: number;
  multiple: number;
  layout: OnnxLayout;
}

/**
 * Finds out by trying what a description does not tell: the scale, of what sides have to be multiples,
 * and whether it takes several images at once. Throws E_MODEL.
 */
export async function tryModel(
  session: OnnxSession,
  name: string,
  described: OnnxLayout,
): Promise<TriedModel> {
  const batches = described.batch === undefined ? [undefined, 1] : [described.batch];
  let reason = '';
  for (const multiple of described.fixed ? [1] : multiples) {
    for (const batch of batches) {
      const layout = { ...described, batch };
      const found = await tryOnce(session, layout, multiple);
      if (typeof found === 'number') return { scale: found, multiple, layout };
      reason = found;
    }
  }
  return refuseModel(name, `cannot be used: ${reason}`);
}

/** The scale, or why there is none. */
async function tryOnce(session: OnnxSession, layout: OnnxLayout, multiple: number) {
  const { input, output, type, fixed, batch = 2, channels } = layout;
  const { height, width } = fixed ?? { height: 64 + multiple, width: 64 + 2 * multiple };
  const dims = dimsOf(layout, batch, height, width);
  const data = new Float32Array(batch * channels * height * width).fill(0.5);
  try {
    const result = await session.run({ input, output, type, dims, data });
    const scale = scaleOf(layout, dims, result.dims);
    return scale ?? `it makes ${result.dims.join(' x ')} of ${dims.join(' x ')}`;
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? '';
  }
}

/** The scale, when a result is an image of the same kind, x1 to x4. */
function scaleOf(layout: OnnxLayout, dims: readonly number[], result: readonly number[]) {
  const [heightAt, widthAt, channelsAt] = layout.order === 'nchw' ? [2, 3, 1] : [1, 2, 3];
  const factor = (at: number) => (result[at] ?? 0) / (dims[at] as number);
  const scale = factor(heightAt);
  const isImage =
    result.length === 4 && result[0] === dims[0] && result[channelsAt] === layout.channels;
  const isScale = [1, 2, 3, 4].includes(scale) && factor(widthAt) === scale;
  return isImage && isScale ? scale : undefined;
}
