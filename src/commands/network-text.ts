import { snakeCase } from '../infer/export.ts';
import type { Weights } from '../infer/weights.ts';
import { architectures, type NetworkConfig } from '../network/build.ts';

/** A network in the words of the field: `RRDBNet x4, num_feat 64, num_block 23, num_grow_ch 32`. */
export function networkText(network: NetworkConfig): string {
  const { type, scale, ...sizes } = network;
  const words = Object.entries(sizes).map(
    ([name, value]) => `${snakeCase(name)} ${valueText(value)}`,
  );
  return [`${architectures[type]} x${scale}`, ...words].join(', ');
}

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${value}`;
  const inner = Object.entries(value).map(
    ([name, own]) => `${snakeCase(name)} ${JSON.stringify(own)}`,
  );
  return `{${inner.join(', ')}}`;
}

/** Where weights were found: `PyTorch, params_ema, names of ESRGAN and KAIR`. */
export function originText({ info, origin }: Weights): string {
  if (!origin) return `checkpoint of step ${info.step}, ${info.weights}`;
  const { format, wrapper, style } = origin;
  const names = style === undefined ? [] : [`names of ${style}`];
  return [format, ...(wrapper === undefined ? [] : [wrapper]), ...names].join(', ');
}
