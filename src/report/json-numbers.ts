/**
 * Replacer for JSON.stringify: numbers that JSON lacks, such as the PSNR of identical images, as the
 * strings "inf", "-inf" and "nan".
 */
export function jsonNumbers(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}
