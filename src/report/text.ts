import { glyphs, missingGlyph, spacing } from './glyphs.ts';

const glyphOf = (character: string) => glyphs[character] ?? missingGlyph;

/** Width in pixels of a line of text whose capitals are `size` pixels high. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const character of text) units += glyphOf(character)[0] + spacing;
  return (Math.max(0, units - spacing) * size) / 7;
}

/** The text, or as much of its beginning as fits into `width` pixels with an ellipsis behind it. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) {
    characters.pop();
  }
  return `${characters.join('').trimEnd()}…`;
}

/** SVG of one line of text; (x, y) is the left end of its baseline, `size` the height of capitals. */
export function textSvg(
  text: string,
  at: { x: number; y: number; size: number; colour: string; bold?: boolean },
): string {
  const unit = at.size / 7;
  let x = 0;
  let paths = '';
  for (const character of text) {
    const [width, path] = glyphOf(character);
    if (path) paths += `<path transform="translate(${x.toFixed(2)})" d="${path}"/>`;
    x += width + spacing;
  }
  const strokeWidth = at.bold ? 1.15 : 0.8;
  return `<g transform="translate(${at.x} ${at.y - at.size}) scale(${unit.toFixed(4)})" fill="none" stroke="${at.colour}" stroke-width="${strokeWidth}" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`;
}
