/** The types of numbers in files of weights, by the names that safetensors gives them. */
import { fromBfloats, fromHalves } from './half.ts';

/** Bytes of one number. */
export const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

export function isElementType(name: unknown): name is ElementType {
  return typeof name === 'string' && Object.hasOwn(elementBytes, name);
}

interface Numbers {
  buffer: ArrayBufferLike;
  at: number;
  count: number;
}

/** Little-endian numbers, as on every machine that Node runs on and that this project supports. */
const readers: Record<ElementType, (numbers: Numbers) => Float32Array> = {
  F64: ({ buffer, at, count }) => Float32Array.from(new Float64Array(buffer, at, count)),
  F32: ({ buffer, at, count }) => new Float32Array(buffer as ArrayBuffer, at, count),
  F16: ({ buffer, at, count }) => fromHalves(new Uint16Array(buffer, at, count)),
  BF16: ({ buffer, at, count }) => fromBfloats(new Uint16Array(buffer, at, count)),
  I64: ({ buffer, at, count }) => Float32Array.from(new BigInt64Array(buffer, at, count), Number),
  I32: ({ buffer, at, count }) => Float32Array.from(new Int32Array(buffer, at, count)),
  I16: ({ buffer, at, count }) => Float32Array.from(new Int16Array(buffer, at, count)),
  I8: ({ buffer, at, count }) => Float32Array.from(new Int8Array(buffer, at, count)),
  U8: ({ buffer, at, count }) => Float32Array.from(new Uint8Array(buffer, at, count)),
  BOOL: ({ buffer, at, count }) => Float32Array.from(new Uint8Array(buffer, at, count)),
};

/**
 * All whole numbers of `bytes` as float32, rounded to the nearest where they are no such. Aligned F32
 * shares memory with `bytes`; nothing else does.
 */
export function floatsOf(bytes: Uint8Array, type: ElementType): Float32Array {
  const size = elementBytes[type];
  const isAligned = bytes.byteOffset % size === 0;
  const { buffer, byteOffset } = isAligned ? bytes : Uint8Array.from(bytes);
  return readers[type]({ buffer, at: byteOffset, count: Math.floor(bytes.length / size) });
}
