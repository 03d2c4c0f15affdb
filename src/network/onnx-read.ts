import { onnxSchema } from './onnx-schema.ts';

/** What an ONNX file says about itself (metadata_props); nothing when it cannot be read. */
export function onnxMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  const type = onnxSchema.lookupType('onnx.ModelProto');
  try {
    const { metadata_props: found } = type.decode(model) as unknown as {
      metadata_props?: { key?: string; value?: string }[];
    };
    return Object.fromEntries((found ?? []).map(({ key = '', value = '' }) => [key, value]));
  } catch {
    return {};
  }
}
