import { crc32c } from '@node-rs/crc32';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../src/network/safetensors.ts';

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

/**
 * A checkpoint with other contents and checksums that fit them, as another run or version would have
 * written it. Written down once more, so that the product's own checksums are not their own witness.
 */
export function rewritten(
  bytes: Uint8Array,
  change: { metadata?: Record<string, string>; tensor?: (tensor: Tensor) => void },
): Buffer {
  const { tensors, metadata: old } = decodeSafetensors(bytes);
  for (const tensor of tensors) change.tensor?.(tensor);
  const sums = tensors.map(({ name, data }) => [
    name,
    hex(crc32c(Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
  ]);
  const { header_crc32c: _, ...rest } = old;
  const metadata: Record<string, string> = {
    ...rest,
    crc32c: JSON.stringify(Object.fromEntries(sums)),
    ...change.metadata,
  };
  const names = Object.keys(metadata).sort();
  const header = [
    tensors.map(({ name, shape }) => [name, shape]),
    names.map((name) => [name, metadata[name]]),
  ];
  return Buffer.concat(
    encodeSafetensors(tensors, { ...metadata, header_crc32c: hex(crc32c(JSON.stringify(header))) }),
  );
}

/** The state in a checkpoint, with some of it replaced, for `metadata.state`. */
export function stateText(bytes: Uint8Array, change: Record<string, unknown>): string {
  const { metadata } = decodeSafetensors(bytes);
  return JSON.stringify({ ...(JSON.parse(metadata.state ?? '{}') as object), ...change });
}
