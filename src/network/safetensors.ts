/**
 * The safetensors format (https://github.com/huggingface/safetensors, "Format"): eight bytes with the
 * little-endian length N of the header, N bytes of JSON, then the tensors one after the other.
 *
 * The reader refuses whatever could make two readers see different contents: duplicate keys, holes,
 * overlaps, bytes after the last tensor, sizes that do not match the shape.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { type ElementType, elementBytes, floatsOf } from './element-type.ts';

/** A named float32 tensor, C order; a scalar has the shape []. */
export interface Tensor {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

export interface SafetensorsContent {
  /** In the order of their data. */
  tensors: Tensor[];
  metadata: Record<string, string>;
}

/** As the reference implementation: a longer header is an attack, not a model. */
const maxHeaderBytes = 100_000_000;
const metadataKey = '__metadata__';

interface HeaderEntry {
  name: string;
  shape: number[];
  type: ElementType;
  begin: number;
  end: number;
}

/** Types that weights come in. Others are of index tables and counters, which no network here has. */
const weightTypes: readonly unknown[] = ['F32', 'F16', 'BF16', 'F64'] satisfies ElementType[];
const isWeightType = (type: unknown): type is ElementType => weightTypes.includes(type);

/**
 * Parts that make up a file when written one after the other: the header, then every tensor's bytes
 * in the given order (views, not copies). Throws E_MODEL_FORMAT for a duplicate or reserved name, or
 * when data does not fill its shape.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set(metadataKey, metadata);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (name === metadataKey || entries.has(name)) invalid(`tensor name "${name}" is used twice`);
    if (elementCount(name, shape) !== data.length) {
      invalid(`tensor "${name}" has ${data.length} elements, its shape [${shape}] needs others`);
    }
    entries.set(name, {
      dtype: 'F32',
      shape,
      data_offsets: [offset, offset + data.byteLength],
    });
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  return [encodeHeader(entries), ...parts];
}

/**
 * Reads a whole file of float32, float16, bfloat16 or float64 numbers, as float32. The data of a tensor
 * may share memory with `bytes`.
 * Throws E_MODEL_FORMAT (exit code 9) saying what is wrong with the file.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const headerEnd = 8 + headerLength(bytes);
  const { entries, metadata } = parseHeader(bytes.subarray(8, headerEnd));
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) {
      invalid(
        `tensor "${name}" starts at byte ${begin}, expected ${expected}: a hole or an overlap`,
      );
    }
    expected = end;
  }
  const dataBytes = bytes.length - headerEnd;
  if (expected !== dataBytes) {
    invalid(`the tensors need ${expected} bytes, the file has ${dataBytes}`);
  }
  const tensors = entries.map(({ name, shape, type, begin, end }) => ({
    name,
    shape,
    data: floatsOf(bytes.subarray(headerEnd + begin, headerEnd + end), type),
  }));
  return { tensors, metadata };
}

function encodeHeader(entries: Map<string, unknown>): Uint8Array {
  // Object.fromEntries would lose a tensor named __proto__ and reorder names that are numbers.
  const members = [...entries].map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8; // aligns the data, as the reference writer does
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 8) invalid(`the file has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) invalid(`the header claims ${length} bytes`);
  if (length > BigInt(bytes.length - 8)) {
    invalid(`the header claims ${length} bytes, the file has ${bytes.length - 8} more`);
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array): {
  entries: HeaderEntry[];
  metadata: Record<string, string>;
} {
  const header = parseJson(bytes);
  if (!isObject(header)) invalid('the header is not a JSON object');
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  // Tensors without elements sort before the tensor that starts at the same byte.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes[0] !== 0x7b) invalid('the header does not start with {');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const duplicate = duplicateKey(text);
    if (duplicate !== undefined) invalid(`the header has the key "${duplicate}" twice`);
    return value;
  } catch (error) {
    if (error instanceof EvensrError) throw error;
    return invalid(`the header is not JSON: ${(error as Error).message}`);
  }
}

/** The first key that occurs twice in one object of a valid JSON text (JSON.parse keeps the last). */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (string !== undefined && colon !== undefined) {
      const key = JSON.parse(string) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  if (!isObject(value)) return invalid(`the entry of tensor "${name}" is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isWeightType(dtype)) {
    const known = weightTypes.join(', ');
    return invalid(`tensor "${name}" has dtype ${String(dtype)}, only ${known} are read`);
  }
  if (!isIndexArray(shape)) return invalid(`tensor "${name}" has no valid shape`);
  if (!isIndexArray(offsets) || offsets.length !== 2) {
    return invalid(`tensor "${name}" has no valid data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== elementCount(name, shape) * elementBytes[dtype]) {
    return invalid(`tensor "${name}" has ${end - begin} bytes, its shape [${shape}] needs others`);
  }
  return { name, shape, type: dtype, begin, end };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) return invalid('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') return invalid(`the metadata "${key}" is not a string`);
  }
  return value as Record<string, string>;
}

function elementCount(name: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isIndexArray(shape) || !Number.isSafeInteger(count * 8)) {
    invalid(`tensor "${name}" has the impossible shape [${shape}]`);
  }
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIndexArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function invalid(reason: string): never {
  throw new EvensrError(
    'E_MODEL_FORMAT',
    exitCodes.invalidModel,
    `not a usable safetensors file: ${reason}`,
  );
}
