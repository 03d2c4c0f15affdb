/** float16 (IEEE 754 binary16) and bfloat16, which Node 20 has no arrays of. */

/** The number that 16 bits stand for. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The nearest 16 bits, ties to even; too large becomes infinite. */
function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  const floor = Math.floor(steps);
  const rest = steps - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // A carry out of the fraction runs into the exponent, which is what it should do.
  return sign | (((exponent + 14) << 10) + rounded);
}

/** The numbers of all halves, made when the first are read: files hold many millions of them. */
let numbers: Float32Array | undefined;

export function fromHalves(halves: Uint16Array): Float32Array {
  numbers ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalf(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = numbers[halves[i] as number] as number;
  return values;
}

export const toHalves = (values: Float32Array): Uint16Array => Uint16Array.from(values, toHalf);

/** bfloat16 is the upper half of a float32's bits. */
export function fromBfloats(bfloats: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bfloats, (bits) => bits << 16).buffer);
}
