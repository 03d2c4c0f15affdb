/**
 * exp and log from + - * / alone: Math.exp and Math.log may differ in the last bit between engines,
 * and a recipe must be the same everywhere.
 */

/** ln 2, its upper 32 bits exact, so that whole multiples of it are, and the rest. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

const bits = new DataView(new ArrayBuffer(8));

/** 2^exponent, for normal numbers. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/**
 * Natural logarithm of a positive, normal, finite number; relative error below 1e-15.
 * With m in [sqrt(1/2), sqrt(2)) and s = (m - 1) / (m + 1): log m = 2 (s + s^3 / 3 + s^5 / 5 + ...).
 */
export function log(x: number): number {
  bits.setFloat64(0, x);
  let exponent = (bits.getUint32(0) >>> 20) - 1023;
  let m = x / powerOfTwo(exponent);
  if (m >= Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series = 0;
  for (let odd = 25; odd >= 3; odd -= 2) series = (series + 1 / odd) * square;
  return exponent * ln2High + (2 * s + (2 * s * series + exponent * ln2Low));
}

/**
 * e^x for |x| <= 700; relative error below 1e-15. With x = k ln 2 + r and |r| <= ln(2) / 2 the Taylor
 * series of e^r is long enough at its 14th power.
 */
export function exp(x: number): number {
  const k = Math.round(x / Math.LN2);
  const r = x - k * ln2High - k * ln2Low;
  let series = 1;
  for (let n = 14; n >= 1; n--) series = 1 + (series * r) / n;
  return series * powerOfTwo(k);
}

/** Sine and cosine for |x| <= 2 pi, absolute error below 1e-13: their Taylor series of 40 terms. */
export function sinCos(x: number): { sin: number; cos: number } {
  const square = x * x;
  let [sin, cos] = [1, 1];
  for (let n = 38; n >= 2; n -= 2) {
    sin = 1 - (sin * square) / (n * (n + 1));
    cos = 1 - (cos * square) / (n * (n - 1));
  }
  return { sin: sin * x, cos };
}
