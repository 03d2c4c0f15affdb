/** Writes networks as ncnn files, as its converter does: fused activations, split blobs, sums with factors. */

import { toHalves } from '../src/network/half.ts';
import type { NetworkSpec, NodeSpec } from '../src/network/spec.ts';

export interface NcnnFiles {
  param: string;
  bin: Buffer;
}

const halfFlag = 0x01306b47;

function flagged(values: Float32Array, isHalf: boolean): Buffer[] {
  const flag = Buffer.alloc(4);
  if (!isHalf) return [flag, bytesOf(values)];
  flag.writeUInt32LE(halfFlag);
  const halves = toHalves(values);
  return [flag, bytesOf(halves), Buffer.alloc((4 - (halves.byteLength % 4)) % 4)];
}

const bytesOf = (values: Float32Array | Uint16Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

function keysOf(node: NodeSpec, shape: readonly number[]): [string, string] {
  switch (node.op) {
    case 'conv2d': {
      const count = shape.reduce((a, b) => a * b, 1);
      return ['Convolution', `0=${shape[0]} 1=3 4=1 5=1 6=${count}`];
    }
    case 'prelu':
      return ['PReLU', `0=${shape[0]}`];
    case 'relu':
      return ['ReLU', ''];
    case 'leakyRelu':
      return ['ReLU', `0=${node.attributes.slope.toExponential(6)}`];
    case 'add':
      return ['Eltwise', `0=1 -23301=2,1.000000e+00,${node.attributes.scale.toExponential(6)}`];
    case 'concat':
      return ['Concat', ''];
    case 'pixelShuffle':
      return ['PixelShuffle', `0=${node.attributes.factor}`];
    case 'upsampleNearest':
      return ['Interp', `0=1 1=${node.attributes.factor} 2=${node.attributes.factor}.0e+00`];
    default:
      throw new Error(`ncnn files here have no ${node.op}`);
  }
}

/** `values` are all parameters in the order of the network's. */
export function ncnnFiles(spec: NetworkSpec, values: Float32Array, isHalf: boolean): NcnnFiles {
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  const lines = ['Input input 0 1 input'];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const node of spec.nodes) {
    const own = node.parameters.map((name) => {
      const count = (shapes.get(name) as number[]).reduce((a, b) => a * b, 1);
      offset += count;
      return values.subarray(offset - count, offset);
    });
    const [type, keys] = keysOf(node, shapes.get(node.parameters[0] ?? '') ?? []);
    if (node.op === 'conv2d')
      parts.push(...flagged(own[0] as Float32Array, isHalf), bytesOf(own[1] as Float32Array));
    else parts.push(...own.map(bytesOf));
    const blobs = [...node.inputs, node.name].join(' ');
    lines.push(`${type} ${node.name} ${node.inputs.length} 1 ${blobs} ${keys}`);
  }
  const param = ['7767517', `${lines.length} ${lines.length}`, ...lines, ''].join('\n');
  return { param, bin: Buffer.concat(parts) };
}
