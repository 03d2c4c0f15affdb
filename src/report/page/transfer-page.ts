/** The page of `tasks measure`: what each task can reach, and what its specialist does to the others. Pure. */
import type { SealScores } from '../../evaluate/seal.ts';
import { wrapped } from './charts/theme.ts';
import { renderDocument } from './document.ts';
import { signed, time, whole } from './format.ts';
import { type Content, type Html, html } from './html.ts';
import { section } from './sections/parts.ts';
import { shadeOf } from './sections/results.ts';

/** PSNR in dB on the probes; null where it is not known. */
export interface TransferModel {
  checkpoint: string;
  steps: number;
  tasks: readonly {
    id: string;
    psnr: number | null;
    bicubic: number | null;
    reference: number;
    acceptance: number | null;
  }[];
  /** Specialist of a task -> task -> dB. */
  transfer: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  acceptance: { steps: number } | null;
  seal: SealScores | null;
  samples: number;
  version: string;
  /** ISO 8601. */
  made: string;
}

/** Everything that it shows is in it. */
export function renderTransferPage(model: TransferModel): string {
  const { checkpoint, steps, samples, version, made, acceptance } = model;
  const small = acceptance ? `, acceptance networks of ${whole(acceptance.steps)}` : '';
  return renderDocument({
    title: `evensr tasks measure: ${checkpoint}`,
    heading: 'What the tasks can reach',
    made: `${checkpoint} — specialists of ${whole(steps)} steps${small}, ${whole(samples)} samples in all; made ${time(made)} by evensr ${version}`,
    links: [
      { id: 'lines', text: 'Lines' },
      { id: 'transfer', text: 'Transfer' },
    ],
    sections: html`${linesSection(model)}
${transferSection(model)}`,
    footer:
      'PSNR: 8-bit rounded images, Y of BT.601 in studio range, the border cut off that the configuration names. This file holds everything that it shows and loads nothing.',
  });
}

const decibels = (value: number | null): string => value?.toFixed(2) ?? '–';

function linesSection({ tasks, seal, transfer }: TransferModel): Html {
  const heads = ['bicubic', ...(seal ? ['acceptance'] : []), 'checkpoint', 'specialist', 'gap'];
  const rows = tasks.map(({ id, psnr, bicubic, reference, acceptance }) => {
    const gap = psnr === null ? null : reference - psnr;
    const cells = [
      decibels(bicubic),
      ...(seal ? [decibels(acceptance)] : []),
      decibels(psnr),
      decibels(transfer[id]?.[id] ?? null),
      signed(gap),
      ...(seal ? [decibels(seal.tasks[id] ?? null)] : []),
    ];
    return html`<tr><th scope="row">${id}</th>${cells.map((text) => html`<td class="number">${text}</td>`)}</tr>
`;
  });
  return section(
    {
      id: 'lines',
      title: 'What each task can reach',
      lead: 'PSNR in dB on the probes. The specialist is the checkpoint trained on with this task alone. The gap is what the checkpoint lacks of the better of specialist and bicubic interpolation.',
    },
    html`<div class="scroll" role="region" aria-label="Lines by task" tabindex="0"><table>
<thead><tr><th scope="col">task</th>${[...heads, ...(seal ? ['RPR'] : [])].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>
${seal && html`<p class="fine">${sealText(seal, tasks.length)}</p>`}`,
  );
}

function sealText({ acceptanceRate, relative }: SealScores, count: number): string {
  const accepted = Math.round((acceptanceRate ?? 0) * count);
  return `AR ${decibels(acceptanceRate)}: the checkpoint reaches the acceptance line, a small network trained on the task alone, in ${accepted} of ${count} tasks. RPR ${decibels(relative)} in the mean: 0.5 is the acceptance line, 0.73 the specialist's; tasks whose lines lie less than 0.1 dB apart have none.`;
}

/** Rows: specialists; columns: the tasks that they are tested on; cells: against the checkpoint. */
function transferSection({ tasks, transfer }: TransferModel): Html {
  const title = 'Specialist of a task, tested on every task';
  const cell = (row: string, psnr: number | null, column: string): Content => {
    const value = transfer[row]?.[column] ?? null;
    const gain = value === null || psnr === null ? null : value - psnr;
    return html`<td class="${shadeOf(gain, { type: 'gain' })}">${signed(gain)}</td>`;
  };
  return section(
    {
      id: 'transfer',
      title: 'Transfer',
      lead: 'Gain of the specialist of the row over the checkpoint, on the probes of the column, in dB. Blue and +: training on the row helps the column; orange and −: it harms it.',
    },
    html`<div class="map"><div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="heat">
<thead><tr><th scope="col">specialist of</th>${tasks.map(({ id }) => html`<th scope="col">${broken(id)}</th>`)}</tr></thead>
<tbody>${tasks.map(
      (row) =>
        html`<tr><th scope="row">${row.id}</th>${tasks.map(({ id, psnr }) => cell(row.id, psnr, id))}</tr>
`,
    )}</tbody>
</table></div></div>`,
  );
}

/** Long names stand on several lines. */
function broken(name: string): Content {
  return wrapped(name, 9)
    .split('\n')
    .map((part, at) => [at > 0 && html`<br>`, part]);
}
