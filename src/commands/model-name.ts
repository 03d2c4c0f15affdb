import { basename, resolve } from 'node:path';

/** What a model is called in the names of files: its own name without the ending of its format. */
export function modelName(path: string): string {
  return basename(resolve(path)).replace(/\.(safetensors|pth|pt|param|bin|onnx)$/i, '');
}
