/** Numbers as people read them, and pieces of text of a fixed width. Only ASCII and single-width signs. */

export const grouped = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** Seconds as 0:12:34, or 1 d 2:03:04 from a day on. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [days, hours] = [Math.floor(total / 86_400), Math.floor((total % 86_400) / 3600)];
  const clock = `${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  return days > 0 ? `${days} d ${hours}:${clock}` : `${hours}:${clock}`;
}

export function rate(value: number): string {
  return value >= 1000 ? grouped(value) : value.toFixed(value >= 100 ? 0 : 1);
}

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** With sign, so that a column of differences reads at a glance. */
export function signed(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const text = value.toFixed(2);
  return text.startsWith('-') ? text : `+${text}`;
}

/** At most `width` characters; the middle goes, as the ends tell names apart. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width <= 3) return text.slice(0, width);
  const tail = Math.floor((width - 2) / 2);
  return `${text.slice(0, width - 2 - tail)}..${text.slice(text.length - tail)}`;
}

/** The pieces that fit, joined; later ones go first. */
export function joined(pieces: readonly string[], width: number, gap = '   '): string {
  let line = '';
  for (const piece of pieces) {
    const longer = line === '' ? piece : line + gap + piece;
    if (longer.length > width) break;
    line = longer;
  }
  return line === '' ? shortened(pieces[0] ?? '', width) : line;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `share` (0 to 1) of `width` characters, without the empty rest. */
export function bar(share: number, width: number, unicode: boolean): string {
  const filled = Math.min(1, Math.max(0, share)) * width;
  if (!unicode) return '#'.repeat(Math.round(filled));
  const whole = Math.floor(filled);
  return '█'.repeat(whole) + (eighths[Math.floor((filled - whole) * 8)] ?? '');
}
