/** Numbers and times as people read them. */

const minus = '\u2212';
const narrow = '\u202f';

const sign = (value: number) => (value < 0 ? minus : value > 0 ? '+' : '±');
const unsigned = (value: number, digits: number) => Math.abs(value).toFixed(digits);

/** Rounded first, so that what is shown as zero has no sign. */
function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function decibels(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${value.toFixed(2)}${narrow}dB`;
}

/** With its sign: `+0.31`, `−0.08`, `±0.00`. */
export function signed(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return '–';
  return `${sign(rounded(value, digits))}${unsigned(value, digits)}`;
}

export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? '–' : `${(100 * share).toFixed(digits)}${narrow}%`;
}

/** A whole number with its thousands apart: `4,000`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A step as it stands at an axis: `500`, `4k`, `1.5M`. */
export function shortCount(value: number): string {
  const [size, unit] = value >= 1e6 ? [1e6, 'M'] : value >= 1000 ? [1000, 'k'] : [1, ''];
  return `${Number((value / size).toPrecision(3))}${unit}`;
}

/** Three digits, without an exponent where it can be read without one. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(digits)));
  return value
    .toExponential(digits - 1)
    .replace('e+', 'e')
    .replace('-', minus);
}

/** `3 min 20 s`, `5 h 12 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const [unit, size] = units[first] as [string, number];
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return `${Math.floor(seconds / size)} ${unit}${next && rest > 0 ? ` ${rest} ${next[0]}` : ''}`;
}

/** `2026-11-24 16:05 UTC`. */
export function time(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(iso) ? `${iso.slice(0, 16).replace('T', ' ')} UTC` : iso;
}

/** `one photograph`, `3 photographs`. */
export function count(number: number, noun: string): string {
  return number === 1 ? `one ${noun}` : `${whole(number)} ${noun}s`;
}
