/** Pickles of tensors, written by hand: one character of the results is one byte. */
export const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
export const byte = (value: number) => `K${String.fromCharCode(value)}`;
export const tuple = (...items: string[]) => `(${items.join('')}t`;
/** `part`: as files before PyTorch 1.6 have it, of which storage it is a part. */
export const storage = (count: number, key = '0', type = 'FloatStorage', part = '') =>
  `${tuple(text('storage'), `ctorch\n${type}\n`, text(key), text('cpu'), byte(count), part)}Q`;

export function tensor(held: string, offset: number, shape: number[], strides: number[]): string {
  const numbers = (values: number[]) => tuple(...values.map(byte));
  const args = tuple(held, byte(offset), numbers(shape), numbers(strides), '\x89', '}');
  return `ctorch._utils\n_rebuild_tensor_v2\n${args}R`;
}

export const dict = (...entries: [string, string][]) =>
  `}(${entries.map(([name, value]) => text(name) + value).join('')}u`;
export const pickle = (value: string) => `\x80\x02${value}.`;

export const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));
