import { EvensrError, exitCodes } from '../errors.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { fitText, textSvg } from './text.ts';

export interface SheetCell {
  image: RgbImage;
  /** First line below the picture. */
  label?: string;
  /** Lines below it, smaller; `tone` colours them. */
  detail?: string | readonly string[];
  tone?: 'plain' | 'good' | 'bad';
}

export interface Sheet {
  title: string;
  /** Lines below the title. */
  notes?: string[];
  /** Number of pictures in a row. */
  columns: number;
  /** Dark where nothing is said. */
  theme?: 'dark' | 'light';
  /** How often the pixels of the largest picture are repeated; 1 where nothing is said. */
  enlarge?: number;
  /** Of all text, against its usual size; 1 where nothing is said. */
  textScale?: number;
  /** Headings above the columns. */
  headings?: string[];
  /** Row after row; null leaves a place empty. */
  cells: (SheetCell | null)[];
}

const margin = 24;
const gap = 14;
/** Heights of lines, at the usual size of text. */
const lines = { title: 26, note: 20, heading: 26, label: 28, detail: 16 };

interface Colours {
  background: number;
  text: string;
  /** Of notes and details. */
  plain: string;
  good: string;
  bad: string;
}

const themes: Record<NonNullable<Sheet['theme']>, Colours> = {
  dark: { background: 0x17, text: '#f2f2f2', plain: '#a9adb5', good: '#7ddc8b', bad: '#ff9b8a' },
  light: { background: 0xee, text: '#101216', plain: '#4a4f57', good: '#146c2e', bad: '#b3261e' },
};

const detailsOf = ({ detail = [] }: SheetCell): readonly string[] =>
  typeof detail === 'string' ? [detail].filter(Boolean) : detail;

interface Layout {
  colours: Colours;
  /** Times the usual size of text. */
  text: number;
  cellWidth: number;
  cellHeight: number;
  top: number;
  rowHeight: number;
  width: number;
  height: number;
}

function layOut(sheet: Sheet): Layout {
  const cells = sheet.cells.filter((cell) => cell !== null);
  const enlarge = sheet.enlarge ?? 1;
  const cellWidth = enlarge * Math.max(...cells.map((cell) => cell.image.width));
  const cellHeight = enlarge * Math.max(...cells.map((cell) => cell.image.height));
  const details = Math.max(...cells.map((cell) => detailsOf(cell).length));
  const hasCaptions = details > 0 || cells.some((cell) => cell.label);
  const text = sheet.textScale ?? 1;
  const captions = hasCaptions ? text * (lines.label + lines.detail * Math.max(1, details)) : 0;
  const rowHeight = cellHeight + Math.ceil(captions) + gap;
  const notes = (sheet.notes?.length ?? 0) * lines.note;
  const headings = sheet.headings ? lines.heading : 0;
  const top = margin + Math.ceil(text * (lines.title + notes + headings)) + 6;
  const rows = Math.ceil(sheet.cells.length / sheet.columns);
  return {
    colours: themes[sheet.theme ?? 'dark'],
    text,
    cellWidth,
    cellHeight,
    top,
    rowHeight,
    width: 2 * margin + sheet.columns * (cellWidth + gap) - gap,
    height: top + rows * rowHeight - gap + margin,
  };
}

function position(layout: Layout, columns: number, index: number) {
  return {
    x: margin + (index % columns) * (layout.cellWidth + gap),
    y: layout.top + Math.floor(index / columns) * layout.rowHeight,
  };
}

/** Copies an image into the canvas, every pixel repeated as often as fits into a cell. */
function paste(
  canvas: Uint8Array,
  layout: Layout,
  image: RgbImage,
  at: { x: number; y: number },
): void {
  const times = Math.floor(
    Math.min(layout.cellWidth / image.width, layout.cellHeight / image.height),
  );
  const row = new Uint8Array(image.width * times * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width * times; x++) {
      const from = (y * image.width + Math.floor(x / times)) * 3;
      row.set(image.pixels.subarray(from, from + 3), x * 3);
    }
    for (let repeat = 0; repeat < times; repeat++) {
      canvas.set(row, ((at.y + y * times + repeat) * layout.width + at.x) * 3);
    }
  }
}

/** One line of text of a sheet, cut to `width`. Sizes and heights are those of the usual text. */
function lineSvg(
  text: string,
  layout: Layout,
  line: { x: number; y: number; size: number; width: number; colour: string; bold?: boolean },
): string {
  const size = layout.text * line.size;
  return textSvg(fitText(text, size, line.width), { ...line, size });
}

function headerSvg(sheet: Sheet, layout: Layout): string {
  const { colours, text: scale } = layout;
  const width = layout.width - 2 * margin;
  const start = { x: margin, width };
  const title = { ...start, y: margin + scale * 15, size: 15, colour: colours.text, bold: true };
  const notes = (sheet.notes ?? []).map((note, i) => {
    const y = margin + scale * (38 + lines.note * i);
    return lineSvg(note, layout, { ...start, y, size: 10, colour: colours.plain });
  });
  const headings = (sheet.headings ?? []).map((heading, i) => {
    const { x } = position(layout, sheet.columns, i);
    const line = { x, y: layout.top - 10, size: 11, colour: colours.text, bold: true };
    return lineSvg(heading, layout, { ...line, width: layout.cellWidth });
  });
  return [lineSvg(sheet.title, layout, title), ...notes, ...headings].join('');
}

function captionSvg(cell: SheetCell, layout: Layout, at: { x: number; y: number }): string {
  const { colours, cellWidth: width, text: scale } = layout;
  const bottom = at.y + layout.cellHeight;
  const label = { x: at.x, y: bottom + scale * 18, size: 10, width, colour: colours.text };
  const details = detailsOf(cell).map((text, i) => {
    const y = bottom + scale * (34 + lines.detail * i);
    return lineSvg(text, layout, { ...label, y, size: 9, colour: colours[cell.tone ?? 'plain'] });
  });
  return lineSvg(cell.label ?? '', layout, label) + details.join('');
}

/**
 * Draws pictures with captions in a grid and returns a PNG. Smaller pictures are enlarged by pixel
 * repetition to the size of the largest. Needs no fonts.
 */
export async function renderSheet(sheet: Sheet): Promise<Buffer> {
  if (!sheet.cells.some((cell) => cell !== null)) {
    throw new EvensrError('E_EMPTY', exitCodes.bug, 'a sheet needs at least one picture');
  }
  // Loaded for the first sheet: commands that draw none start faster.
  const { default: sharp } = await import('sharp');
  const layout = layOut(sheet);
  const canvas = new Uint8Array(layout.width * layout.height * 3).fill(layout.colours.background);
  let svg = headerSvg(sheet, layout);
  for (const [i, cell] of sheet.cells.entries()) {
    if (cell === null) continue;
    const at = position(layout, sheet.columns, i);
    paste(canvas, layout, cell.image, at);
    svg += captionSvg(cell, layout, at);
  }
  const { width, height } = layout;
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${svg}</svg>`;
  return sharp(canvas, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(overlay), left: 0, top: 0 }])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}
