/** The whole page from what was gathered. Pure: a model in, HTML out. */
import { renderDocument } from './document.ts';
import { count, time } from './format.ts';
import { type Content, html } from './html.ts';
import type { ReportModel, RunGroup } from './model.ts';
import { cropsSection, worstSection } from './sections/crops.ts';
import { glanceSection } from './sections/glance.ts';
import { measuresSection } from './sections/measures.ts';
import { runName } from './sections/parts.ts';
import { quotasSection } from './sections/quotas.ts';
import { resultsSection } from './sections/results.ts';
import { speedSection } from './sections/speed.ts';
import { tasksSection } from './sections/tasks.ts';
import { trainedSection } from './sections/trained.ts';

/** The page as text; everything that it shows is in it. */
export function renderPage(model: ReportModel): string {
  const { runs, groups, baseline, made, version } = model;
  const title = `evensr report: ${runs.map((run) => run.name).join(', ')}`;
  const shown = runs.map(({ name }) => name);
  return renderDocument({
    title,
    heading: `Training report: ${runs.length > 3 ? count(runs.length, 'run') : shown.join(' and ')}`,
    made: `${runs.length > 1 ? `${runs.map(runName).join(', ')} — ` : ''}made ${time(made)} by evensr ${version}`,
    links: links(groups),
    sections: html`${glanceSection(runs)}
${trainedSection(runs)}
${groups.map((group, at) => groupSections(group, prefixOf(groups, at), { groups, baseline }))}
${speedSection(runs)}`,
    footer:
      "PSNR: 8-bit rounded images, Y of BT.601 in studio range, the border cut off that the configuration names. Bicubic: as MATLAB's imresize (Keys, a = −0.5). This file holds everything that it shows and loads nothing.",
  });
}

/** Sections of several groups must have names of their own. */
function prefixOf(groups: readonly RunGroup[], at: number): string {
  return groups.length > 1 ? `group${at + 1}-` : '';
}

const sections = [
  ['tasks', 'Tasks'],
  ['quotas', 'Quotas'],
  ['measures', 'Tasks over time'],
  ['results', 'Results'],
  ['crops', 'Before and after'],
  ['worst', 'Worst crops'],
] as const;

function links(groups: readonly RunGroup[]): { id: string; text: string }[] {
  return [
    { id: 'glance', text: 'At a glance' },
    { id: 'trained', text: 'What was trained' },
    ...groups.flatMap(({ runs }, at) =>
      sections.map(([id, text]) => ({
        id: prefixOf(groups, at) + id,
        text: groups.length > 1 ? `${text} (${lettersOf(runs)})` : text,
      })),
    ),
    { id: 'speed', text: 'Loss and speed' },
  ];
}

function lettersOf(runs: RunGroup['runs']): string {
  return runs.map(({ letter }) => letter).join(', ');
}

function groupSections(
  group: RunGroup,
  prefix: string,
  { groups, baseline }: Pick<ReportModel, 'groups' | 'baseline'>,
): Content {
  const heading =
    groups.length > 1 &&
    html`<h2 class="group">${group.runs.map(runName).join(', ')}</h2>
<p class="lead">The runs of this page have different tasks, so they are shown apart: ${groups.map(({ runs, tasks }) => `${lettersOf(runs)} with ${count(tasks.length, 'task')}`).join('; ')}.</p>`;
  return [
    heading,
    tasksSection(group, prefix),
    quotasSection(group, prefix),
    measuresSection(group, prefix),
    resultsSection(group, baseline, prefix),
    cropsSection(group, prefix),
    worstSection(group, prefix),
  ];
}
