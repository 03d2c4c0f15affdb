import type { ComparedCrop, ComparedResult } from '../evaluate/compare-models.ts';
import { renderSheet, type SheetCell } from './sheet.ts';

function decibels(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)} dB` : 'identical to gt';
}

/** PSNR, and how far it is from bicubic interpolation's. */
function cellOf({ image, psnrY }: ComparedResult, bicubic: ComparedResult): SheetCell {
  if (psnrY === undefined) return { image };
  const gain = psnrY - (bicubic.psnrY ?? Number.NaN);
  if (image === bicubic.image || !Number.isFinite(gain)) return { image, label: decibels(psnrY) };
  return {
    image,
    label: decibels(psnrY),
    detail: `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(2)} dB against bicubic`,
    tone: gain < 0 ? 'bad' : 'good',
  };
}

/** One row a crop: lq, bicubic interpolation, every network, and gt when there is one (PNG). */
export async function renderModelSheet(sheet: {
  title: string;
  notes: string[];
  crops: readonly ComparedCrop[];
}): Promise<Buffer> {
  const [first] = sheet.crops;
  const labels = first?.results.map(({ label }) => label) ?? [];
  const headings = ['low quality', ...labels, ...(first?.gt ? ['ground truth'] : [])];
  const cells = sheet.crops.flatMap(({ square, lq, results, gt }): SheetCell[] => {
    const { left, top, side } = square;
    const detail = `${side}x${side} at ${left}, ${top}`;
    const own = results.map((result) => cellOf(result, results[0] as ComparedResult));
    return [{ image: lq, label: detail }, ...own, ...(gt ? [{ image: gt }] : [])];
  });
  return renderSheet({ ...sheet, columns: headings.length, headings, cells });
}
