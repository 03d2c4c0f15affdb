/** The tasks, and what the network is trained on in each. */
import { percent } from '../format.ts';
import { contentOf, reasonOf } from '../gather/piece.ts';
import type { ReportTask, RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';
import type { RunGroup } from '../model.ts';
import { missing, picture, section } from './parts.ts';

export function tasksSection({ runs, tasks, levels }: RunGroup, prefix: string): Html {
  const shown = runs.find((run) => contentOf(run.pictures)) ?? (runs[0] as RunFacts);
  const found = contentOf(shown.pictures);
  const scale = contentOf(shown.config)?.scale;
  const cards = tasks.map((task) => {
    const pairs = found?.pairs.filter((pair) => pair.task === task.id) ?? [];
    return html`<article class="task"><h3>${task.id}</h3>
<p>${task.description}</p>
<p class="fine">${boundsOf(task)}</p>
${
  pairs.length > 0
    ? html`<div class="pairs">${pairs.map(
        ({ photo, gt, lq }) => html`<div class="pair">
${picture(gt, `ground truth, a crop of ${photo}`, gt)}
${html`<span class="pixels">${picture(lq, `the same crop of ${photo} damaged as task ${task.id}, ${lq.width} × ${lq.height} pixels, enlarged`, gt)}</span>`}
</div>`,
      )}</div>`
    : ''
}
</article>
`;
  });
  const lead: Content = [
    'The space of damage is cut into tasks. Natural mass is the share of plain draws that falls into a task. ',
    found
      ? `Above, crops of the probes as they are; below, what a network gets to see of them${scale ? `, enlarged ×${scale} pixel by pixel` : ''}. Training draws the same kind of crops and damage from its own photographs.`
      : '',
  ];
  const none = reasonOf(shown.pictures);
  return section(
    { id: `${prefix}tasks`, title: 'The tasks', lead },
    none ? missing(`There are no pictures. ${none}`) : '',
    some(tasks, found?.shown),
    html`<div class="cards" style="--columns:${levels === 2 || levels === 4 ? 4 : 3}">${cards}</div>`,
  );
}

function boundsOf({ bounds, mass }: ReportTask): string {
  const parts = [...bounds, ...(mass === null ? [] : [`natural mass ${percent(mass)}`])];
  return parts.join(' · ').replaceAll('<=', '≤').replaceAll('>=', '≥');
}

function some(tasks: readonly ReportTask[], shown: readonly string[] | undefined): Content {
  if (!shown || shown.length === tasks.length) return '';
  return missing(`Pictures are shown of ${shown.length} of the ${tasks.length} tasks.`);
}
