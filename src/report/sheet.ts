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
  /** Headings above the columns. */
  headings?: string[];
  /** Row after row; null leaves a place empty. */
  cells: (SheetCell | null)[];
}

const margin = 24;
const gap = 14;
const headingHeight = 26;
const labelHeight = 28;
const detailHeight = 16;

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
  const captions = hasCaptions ? labelHeight + detailHeight * Math.max(1, details) : 0;
  const rowHeight = cellHeight + captions + gap;
  const notes = (sheet.notes?.length ?? 0) * 20;
  const top = margin + 26 + notes + (sheet.headings ? headingHeight : 0) + 6;
  const rows = Math.ceil(sheet.cells.length / sheet.columns);
  return {
    colours: themes[sheet.theme ?? 'dark'],
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

function headerSvg(sheet: Sheet, layout: Layout): string {
  const { colours } = layout;
  const width = layout.width - 2 * margin;
  const parts = [
    textSvg(fitText(sheet.title, 15, width), {
      x: margin,
      y: margin + 15,
      size: 15,
      colour: colours.text,
      bold: true,
    }),
  ];
  for (const [i, note] of (sheet.notes ?? []).entries()) {
    const text = fitText(note, 10, width);
    parts.push(
      textSvg(text, { x: margin, y: margin + 38 + 20 * i, size: 10, colour: colours.plain }),
    );
  }
  for (const [i, heading] of (sheet.headings ?? []).entries()) {
    const text = fitText(heading, 11, layout.cellWidth);
    const { x } = position(layout, sheet.columns, i);
    parts.push(
      textSvg(text, { x, y: layout.top - 10, size: 11, colour: colours.text, bold: true }),
    );
  }
  return parts.join('');
}

function captionSvg(cell: SheetCell, layout: Layout, at: { x: number; y: number }): string {
  const bottom = at.y + layout.cellHeight;
  const { colours, cellWidth } = layout;
  const label = fitText(cell.label ?? '', 10, cellWidth);
  const colour = colours[cell.tone ?? 'plain'];
  const details = detailsOf(cell).map((text, line) => {
    const y = bottom + 34 + detailHeight * line;
    return textSvg(fitText(text, 9, cellWidth), { x: at.x, y, size: 9, colour });
  });
  return (
    textSvg(label, { x: at.x, y: bottom + 18, size: 10, colour: colours.text }) + details.join('')
  );
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
