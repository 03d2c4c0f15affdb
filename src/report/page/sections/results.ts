/** Heat maps: final PSNR of each task, and gain over bicubic and over a baseline run. */
import { signed } from '../format.ts';
import type { ReportTask, RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';
import {
  bicubicPsnr,
  difference,
  finalPsnr,
  meanOf,
  type RunGroup,
  sameProbes,
  type TaskNumbers,
  whyNoBicubic,
} from '../model.ts';
import { missing, runName, section } from './parts.ts';

export function resultsSection(
  { runs, tasks, levels }: RunGroup,
  baseline: RunFacts | undefined,
  prefix: string,
): Html {
  const known = runs.flatMap((run) => Object.values(finalPsnr(run))).filter(isNumber);
  const range: [number, number] = [Math.min(...known), Math.max(...known)];
  const map: MapOf = (run, numbers, kind) =>
    heatMap({
      title: `${kind.type === 'psnr' ? 'PSNR' : 'gain'} by task, ${runName(run)}`,
      caption: run.letter && runName(run),
      tasks,
      levels,
      numbers,
      kind,
    });
  const blocks = [
    block(
      'PSNR at the last measurement',
      'In dB, on the probes. Stronger colours: higher values.',
      runs.map((run) => {
        const numbers = finalPsnr(run);
        return meanOf(numbers) === null
          ? missing(`${runName(run)}: the probes have not been measured yet.`)
          : map(run, numbers, { type: 'psnr', range });
      }),
    ),
    block(
      'Gain over bicubic interpolation',
      'In dB. Blue and +: the network is better; orange and −: bicubic is.',
      runs.map((run) => {
        const bicubic = bicubicPsnr(run);
        return bicubic
          ? map(run, difference(finalPsnr(run), bicubic), { type: 'gain' })
          : missing(`${runName(run)}: bicubic cannot be compared. ${whyNoBicubic(run)}`);
      }),
    ),
    baseline ? againstBaseline(runs, baseline, map) : '',
  ];
  return section(
    {
      id: `${prefix}results`,
      title: 'Results by task',
      lead: 'Every cell is a task, with the mean over tasks below. Read the numbers; the shades only help the eye.',
    },
    html`<div class="${runs.length > 1 ? 'blocks' : 'blocks beside'}">${blocks}</div>`,
  );
}

type MapOf = (run: RunFacts, numbers: TaskNumbers, kind: Kind) => Html;

function againstBaseline(runs: readonly RunFacts[], baseline: RunFacts, map: MapOf): Html {
  const title = `Gain over ${runName(baseline)}`;
  const lead = 'In dB. Blue and +: the run is better; orange and −: the baseline is.';
  if (!runs.includes(baseline)) {
    return block(title, lead, [
      missing(`The tasks of ${runName(baseline)} are others: PSNR cannot be compared.`),
    ]);
  }
  const others = runs.filter((run) => run !== baseline);
  if (others.length === 0) {
    return block(title, lead, [missing('There is no other run with these tasks.')]);
  }
  return block(
    title,
    lead,
    others.map((run) => {
      const same = sameProbes(run, baseline);
      if (same === false) {
        return missing(`${runName(run)} was measured on other probes: PSNR cannot be compared.`);
      }
      const gains = difference(finalPsnr(run), finalPsnr(baseline));
      const doubt =
        same === undefined &&
        missing('Whether both were measured on the same probes could not be checked.');
      return html`<div>${doubt}${map(run, gains, { type: 'gain' })}</div>`;
    }),
  );
}

function block(title: string, lead: string, maps: readonly Content[]): Html {
  return html`<div><h3>${title}</h3><p class="fine">${lead}</p><div class="maps">${maps}</div></div>
`;
}

type Kind = { type: 'psnr'; range: readonly [number, number] } | { type: 'gain' };

const isNumber = (value: number | null): value is number => value !== null;

interface HeatMap {
  /** What it is called where it cannot be seen. */
  title: string;
  caption: string;
  tasks: readonly ReportTask[];
  levels: number;
  numbers: TaskNumbers;
  kind: Kind;
}

/** A table whose rows are all axes but the last, whose columns are the levels of the last. */
function heatMap({ title, caption, tasks, levels, numbers, kind }: HeatMap): Html {
  const { columns, rows } = gridOf(tasks, levels);
  const mean = meanOf(numbers);
  const cell = (value: number | null | undefined) => {
    const text = kind.type === 'gain' ? signed(value) : (value?.toFixed(2) ?? '–');
    return html`<td class="${shadeOf(value ?? null, kind)}">${text}</td>`;
  };
  return html`<div class="map"><div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="heat">
${caption ? html`<caption>${caption}</caption>` : ''}
${columns ? html`<thead><tr><td></td>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>` : ''}
<tbody>${rows.map(
    ({
      name,
      ids,
    }) => html`<tr><th scope="row">${name}</th>${ids.map((id) => cell(numbers[id]))}</tr>
`,
  )}</tbody>
<tfoot><tr><th scope="row">mean</th><td colspan="${columns?.length ?? 1}" class="mean">${kind.type === 'gain' ? signed(mean) : (mean?.toFixed(2) ?? '–')}</td></tr></tfoot>
</table></div></div>`;
}

interface Grid {
  columns: string[] | undefined;
  rows: { name: string; ids: string[] }[];
}

/** The tasks as rows and columns; a list when they are no grid of two directions. */
export function gridOf(tasks: readonly Pick<ReportTask, 'id'>[], levels: number): Grid {
  const ids = tasks.map(({ id }) => id);
  const list = { columns: undefined, rows: ids.map((id) => ({ name: id, ids: [id] })) };
  if (levels < 2 || levels >= ids.length || ids.length % levels !== 0) return list;
  const rows = Array.from({ length: ids.length / levels }, (_, row) => {
    const part = ids.slice(row * levels, (row + 1) * levels);
    const common = commonWords(part);
    return {
      name: common.slice(0, -1),
      ids: part,
      columns: part.map((id) => id.slice(common.length)),
    };
  });
  const columns = rows[0]?.columns ?? [];
  const fits = rows.every(({ name, columns: own }) => name !== '' && own.join() === columns.join());
  return fits ? { columns, rows } : list;
}

/** The longest common beginning that ends with a dash. */
function commonWords(ids: readonly string[]): string {
  const [first = ''] = ids;
  let length = 0;
  while (length < first.length && ids.every((id) => id[length] === first[length])) length++;
  return first.slice(0, first.lastIndexOf('-', length - 1) + 1);
}

/** Gains by size: a shade each 0.1, 0.3 and 0.7 dB. PSNR in five shades of its range. */
export function shadeOf(value: number | null, kind: Kind): string {
  if (value === null) return 'unknown';
  if (kind.type === 'gain') {
    const size = [0.1, 0.3, 0.7].filter((limit) => Math.abs(value) >= limit).length;
    return size === 0 ? 'even' : `${value > 0 ? 'gain' : 'loss'}${size}`;
  }
  const [low, high] = kind.range;
  const place = high > low ? (value - low) / (high - low) : 0.5;
  return `level${Math.min(4, Math.floor(place * 5))}`;
}
