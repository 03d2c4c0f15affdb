import { boundText, type Task } from '../degradation/region.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { renderSheet, type SheetCell } from './sheet.ts';

export interface Preview {
  photo: string;
  scale: number;
  gt: RgbImage;
  /** gt shrunk by antialiased bicubic: lq without any other damage. */
  clean: RgbImage;
  tasks: { task: Task; lq: RgbImage }[];
  /** Tasks beside each other: as many as the last axis has levels. */
  columns: number;
}

/** A contact sheet that shows one photograph under each task, lq enlarged by pixel repetition. */
export async function renderPreview(preview: Preview): Promise<Buffer> {
  const { photo, scale, gt, clean, columns } = preview;
  const size = `${clean.width}x${clean.height}`;
  const first: (SheetCell | null)[] = [
    { image: gt, label: 'gt', detail: `${gt.width}x${gt.height}` },
    { image: clean, label: 'bicubic, no other damage', detail: `${size}, shown ×${scale}` },
  ];
  const spare = (columns - (first.length % columns)) % columns;
  const tasks = preview.tasks.map(({ task, lq }) => ({
    image: lq,
    label: `${task.id}   ${(task.mass * 100).toFixed(1)} %`,
    detail: task.bounds.map(boundText).join(', '),
  }));
  return renderSheet({
    title: `One photograph under each of ${tasks.length} tasks`,
    notes: [
      `${photo}, ×${scale}. Per cent: share of plain draws that falls into the task.`,
      'One draw of each; draws of one task differ in blur, JPEG and much else.',
    ],
    columns,
    cells: [...first, ...new Array<null>(spare).fill(null), ...tasks],
  });
}
