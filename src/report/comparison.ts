import type { Restored } from '../evaluate/restore.ts';
import { renderSheet, type SheetCell } from './sheet.ts';

export interface ComparisonRow {
  task: string;
  photo: string;
  restored: Restored;
}

function decibels(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)} dB` : 'identical to gt';
}

function cellsOf({ task, photo, restored }: ComparisonRow): SheetCell[] {
  const { lq, bicubic, sr, gt, model, bicubicScores } = restored;
  const gain = model.psnrY - bicubicScores.psnrY;
  const detail = Number.isFinite(gain)
    ? `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(2)} dB against bicubic`
    : '';
  return [
    { image: lq, label: task, detail: `lq ${lq.width}x${lq.height}` },
    { image: bicubic, label: decibels(bicubicScores.psnrY) },
    { image: sr, label: decibels(model.psnrY), detail, tone: gain < 0 ? 'bad' : 'good' },
    { image: gt, label: photo },
  ];
}

/** Before and after (PNG): lq, bicubic, the network's result and gt, one row for each example. */
export async function renderComparison(comparison: {
  title: string;
  notes: string[];
  rows: readonly ComparisonRow[];
}): Promise<Buffer> {
  return renderSheet({
    title: comparison.title,
    notes: comparison.notes,
    columns: 4,
    headings: ['low quality', 'bicubic', 'network', 'ground truth'],
    cells: comparison.rows.flatMap(cellsOf),
  });
}
