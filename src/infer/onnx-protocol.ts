/** What the thread that runs onnxruntime and the one that asks it say to each other. */

export type ElementType = 'float32' | 'float16';

export interface OnnxInput {
  name: string;
  type: string;
  /** Numbers, or names for what may be any. */
  shape: readonly (number | string)[];
}

export interface OpenedOnnx {
  inputs: OnnxInput[];
  outputs: OnnxInput[];
}

export interface RunRequest {
  input: string;
  output: string;
  type: ElementType;
  dims: number[];
  data: Float32Array;
}

export interface RunResult {
  data: Float32Array;
  dims: readonly number[];
}

export type Request =
  | { id: number; kind: 'open'; model: Uint8Array; threads: number }
  | { id: number; kind: 'run'; run: RunRequest };

export type Response =
  | { id: number; result: OpenedOnnx | RunResult }
  | { id: number; error: string };
