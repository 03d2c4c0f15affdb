/** Contact sheets of what degradations do to photographs, lq enlarged by pixel repetition. */
import type { Operation, Recipe } from '../degradation/recipe.ts';
import { type Bound, boundText, type Task } from '../degradation/region.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { operationText, summaryText } from './operation-text.ts';
import { renderSheet, type SheetCell } from './sheet.ts';

const sizeText = ({ width, height }: RgbImage): string => `${width}×${height}`;

const signText = (bound: Bound): string =>
  boundText(bound).replaceAll('<=', '≤').replaceAll('>=', '≥');

export interface TasksPreview {
  photo: string;
  scale: number;
  gt: RgbImage;
  /** gt shrunk by antialiased bicubic: lq without any other damage. */
  clean: RgbImage;
  tasks: { task: Task; lq: RgbImage }[];
  /** Tasks beside each other: as many as the last axis has levels. */
  columns: number;
}

/** One photograph under each task. */
export async function renderTasks(preview: TasksPreview): Promise<Buffer> {
  const { photo, scale, gt, clean, columns } = preview;
  const first: (SheetCell | null)[] = [
    { image: gt, label: 'gt', detail: sizeText(gt) },
    {
      image: clean,
      label: 'bicubic, no other damage',
      detail: `${sizeText(clean)}, shown ×${scale}`,
    },
  ];
  const spare = (columns - (first.length % columns)) % columns;
  const tasks = preview.tasks.map(({ task, lq }) => ({
    image: lq,
    label: `${task.id}   ${(task.mass * 100).toFixed(1)} %`,
    detail: task.bounds.map(signText),
  }));
  return renderSheet({
    title: `One photograph under each of ${tasks.length} tasks`,
    notes: [
      `${photo}, ×${scale}. Per cent: share of plain draws that falls into the task.`,
      'One draw of each; draws of one task differ in blur, JPEG and much else.',
    ],
    theme: 'light',
    columns,
    cells: [...first, ...new Array<null>(spare).fill(null), ...tasks],
  });
}

export interface PhotosPreview {
  /** What is drawn from: a task, or all of the space. */
  title: string;
  bounds: readonly Bound[];
  scale: number;
  pairs: { photo: string; gt: RgbImage; lq: RgbImage; recipe: Recipe }[];
}

/** Pairs beside each other: each is two pictures. */
const pairsInRow = 3;

/** Many photographs under draws of one task, each gt with its lq. */
export async function renderPhotos(preview: PhotosPreview): Promise<Buffer> {
  const { title, bounds, scale, pairs } = preview;
  const [{ gt: largest, lq: smallest }] = pairs as [PhotosPreview['pairs'][number]];
  const columns = 2 * Math.min(pairsInRow, pairs.length);
  return renderSheet({
    title: `${pairs.length} photographs: ${title}`,
    notes: [
      ...(bounds.length > 0 ? [bounds.map(signText).join(', ')] : []),
      `gt ${sizeText(largest)} beside lq ${sizeText(smallest)}, shown ×${scale}. One draw for each.`,
    ],
    theme: 'light',
    columns,
    cells: pairs.flatMap(({ photo, gt, lq, recipe }): SheetCell[] => [
      { image: gt, label: photo },
      { image: lq, label: 'lq', detail: summaryText(recipe) },
    ]),
  });
}

export interface StepsPreview {
  photo: string;
  /** Task that the recipe was drawn from. */
  task: string;
  scale: number;
  gt: RgbImage;
  /** What every operation gave, in their order. */
  steps: { operation: Operation; image: RgbImage }[];
}

const stepColumns = 4;
/** The pixels of gt are repeated until it is about this wide. */
const stepWidth = 384;

/** One recipe step by step: what every operation gave, with its parameters. */
export async function renderSteps(preview: StepsPreview): Promise<Buffer> {
  const { photo, task, scale, gt, steps } = preview;
  const enlarge = Math.max(1, Math.round(stepWidth / gt.width));
  const shown = (image: RgbImage): string => {
    const times = Math.floor((enlarge * gt.width) / image.width);
    return `${sizeText(image)}, shown ×${times}`;
  };
  const cells: SheetCell[] = steps.map(({ operation, image }, at) => {
    const { name, parameters } = operationText(operation);
    const label = `${at + 1}  ${name}`;
    return { image, label, detail: [...parameters, shown(image)] };
  });
  return renderSheet({
    title: `One recipe, step by step (${task})`,
    notes: [
      `${photo}, ×${scale}. Every picture is what the operation below it made of the one before.`,
    ],
    theme: 'light',
    enlarge,
    textScale: 1.4,
    columns: Math.min(stepColumns, steps.length + 1),
    cells: [{ image: gt, label: 'gt', detail: shown(gt) }, ...cells],
  });
}
