import pc from 'picocolors';
import { type Estimate, isWithinNoise } from '../evaluate/statistics.ts';
import { furtherMetrics, type SetSummary, type TaskSummaries } from '../evaluate/summary.ts';
import { formatTable, type Row } from './table.ts';

function decibel({ mean, infinite }: Estimate): string {
  const shown = mean === null ? (infinite > 0 ? 'inf' : '–') : mean.toFixed(2);
  return mean !== null && infinite > 0 ? `${shown} (+${infinite} inf)` : shown;
}

const similarity = ({ mean }: Estimate) => (mean === null ? '–' : mean.toFixed(4));

/** A signed difference, coloured: green better, red worse, faint within noise. `better`: the sign that is. */
function signed(estimate: Estimate, digits: number, better: 1 | -1 = 1): string {
  if (estimate.mean === null) return '–';
  const { mean } = estimate;
  const text = `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(digits)}`;
  if (isWithinNoise(estimate)) return pc.dim(`≈ ${text}`);
  return better * mean < 0 ? pc.red(text) : pc.green(text);
}

function uncertainty({ standardError }: Estimate): string {
  return standardError === null ? '' : pc.dim(`± ${standardError.toFixed(2)}`);
}

function line(summary: SetSummary): string[] {
  const { id, mass, bicubic, model, difference } = summary;
  return [
    id,
    mass === undefined ? '' : `${(100 * mass).toFixed(1)} %`,
    decibel(bicubic.psnrY),
    decibel(model.psnrY),
    signed(difference.psnrY, 2),
    uncertainty(difference.psnrY),
    signed(difference.psnrRgb, 2),
    similarity(model.ssimY),
    signed(difference.ssimY, 3),
    ...furtherMetrics.flatMap((metric) => further(model[metric], difference[metric])),
  ];
}

/** Of a metric of which less is better: the model's and the difference, where it was measured. */
function further(model: Estimate | undefined, difference: Estimate | undefined): string[] {
  if (!model || !difference) return [];
  return [model.mean === null ? '–' : model.mean.toFixed(3), signed(difference, 3, -1)];
}

const right = 'right' as const;
const columns = [
  { title: 'set' },
  { title: 'mass', align: right },
  { title: 'bicubic', align: right },
  { title: 'model', align: right },
  { title: 'Δ dB', align: right },
  { title: 's.e.' },
  { title: 'Δ dB RGB', align: right },
  { title: 'SSIM', align: right },
  { title: 'Δ SSIM', align: right },
];

const furtherColumns = (metric: string) => [
  { title: metric, align: right },
  { title: `Δ ${metric}`, align: right },
];

export interface ScoreTable {
  tasks?: TaskSummaries;
  /** Further sets, below a rule. */
  others: SetSummary[];
}

/** PSNR-Y in dB, SSIM of Y, and what else was measured; differences are model minus bicubic. */
export function scoreTable({ tasks, others }: ScoreTable): string[] {
  const rows: Row[] = [];
  if (tasks) rows.push(...tasks.tasks.map(line), 'rule', line(tasks.macro), line(tasks.byMass));
  rows.push(...others.map(line));
  const [first] = tasks?.tasks ?? others;
  const measured = furtherMetrics.filter((metric) => first?.model[metric] !== undefined);
  return formatTable([...columns, ...measured.flatMap(furtherColumns)], rows);
}

/** What a reader should not have to look for in the table. */
export function scoreRemarks({ tasks }: ScoreTable): string[] {
  if (!tasks) return [];
  const worst = tasks.tasks.find((set) => set.id === tasks.worst);
  const count = tasks.tasks.length;
  const lost = tasks.lost.length;
  return [
    `lowest PSNR: ${tasks.worst}, ${worst ? decibel(worst.model.psnrY) : '–'} dB`,
    lost === 0
      ? `better than bicubic in all ${count} tasks`
      : `better than bicubic in ${count - lost} of ${count} tasks; bicubic is better in ${tasks.lost.join(', ')}`,
    'Δ is model minus bicubic, ± one standard error over photographs; ≈ marks what may be noise',
  ];
}
