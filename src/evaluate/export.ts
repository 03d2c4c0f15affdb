/** Scores as text for other programs. */
import type { Estimate } from './statistics.ts';
import { type Metric, metrics, metricsOf, type SampleScore, type SetSummary } from './summary.ts';

const parts = ['model', 'bicubic', 'difference'] as const;

function cells(estimate: Estimate | undefined): string[] {
  if (!estimate) return ['', '', ''];
  const { mean, standardError, infinite } = estimate;
  return [mean === null && infinite > 0 ? 'inf' : text(mean), text(standardError), `${infinite}`];
}

function text(value: number | null): string {
  return value === null ? '' : String(value);
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * One line a set (RFC 4180): means, their standard errors and how many infinite values were left out,
 * for model, bicubic and their difference. Metrics that were not measured have no columns.
 */
export function summariesToCsv(summaries: readonly SetSummary[]): string {
  const [first] = summaries;
  const measured: readonly Metric[] = first ? metricsOf(first.model) : metrics;
  const columns = parts.flatMap((part) =>
    measured.flatMap((metric) => {
      const name = `${part}_${metric}`;
      return [name, `${name}_se`, `${name}_inf`];
    }),
  );
  const lines = summaries.map((summary) => [
    summary.id,
    text(summary.mass ?? null),
    String(summary.images),
    ...parts.flatMap((part) => measured.flatMap((metric) => cells(summary[part][metric]))),
  ]);
  const all = [['set', 'mass', 'images', ...columns], ...lines];
  return all.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

/** Single scores in the order in which they were made, with the photographs' names. */
export function namedScores(scores: readonly SampleScore[], photos: readonly { name: string }[]) {
  return scores.map(({ photo, ...score }) => ({ ...score, photo: photos[photo]?.name ?? '' }));
}
