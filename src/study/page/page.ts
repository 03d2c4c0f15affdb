/** The page of a study's results. Pure: numbers in, HTML out. */
import { renderDocument } from '../../report/page/document.ts';
import { whole } from '../../report/page/format.ts';
import { html } from '../../report/page/html.ts';
import { whatWasRun } from '../results/markdown.ts';
import { budgetsOf } from '../results/tables.ts';
import type { StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import { cropsSection } from './crops.ts';
import { differencesSection } from './differences.ts';
import { foundSection } from './found.ts';
import { measuresSection, transferSection } from './measures.ts';
import type { CropCard } from './pictures.ts';
import { costsSection, methodSection } from './run.ts';
import { sharesSection } from './shares.ts';

/** Everything that it shows is in it. */
export function renderStudyPage(
  input: StudyInput,
  results: StudyResults,
  crops: readonly CropCard[],
): string {
  const budgets = budgetsOf(results);
  const idOf = (name: string, budget: number) => `${name}-${budget}`;
  const transfer = transferSection(results);
  return renderDocument({
    title: `evensr study: ${results.name}`,
    heading: `Study ${results.name}`,
    made: `${whatWasRun(input)} Made by evensr ${results.evensr}.`,
    links: [
      { id: 'found', text: 'What was found' },
      ...budgets.flatMap((budget) => [
        { id: idOf('differences', budget), text: `Against ${results.baseline}, ${whole(budget)}` },
        { id: idOf('measures', budget), text: `All measures, ${whole(budget)}` },
      ]),
      ...(transfer ? [{ id: 'transfer', text: 'Transfer' }] : []),
      { id: 'shares', text: 'Shares' },
      { id: 'crops', text: 'Crops' },
      { id: 'costs', text: 'Arms and costs' },
      { id: 'method', text: 'How it is computed' },
    ],
    sections: html`${foundSection(results)}
${budgets.map((budget) => [
  differencesSection(input, results, { budget, id: idOf('differences', budget) }),
  measuresSection(input, results, { budget, id: idOf('measures', budget) }),
])}
${transfer}
${sharesSection(input)}
${cropsSection(input, crops)}
${costsSection(input, results)}
${methodSection(input, results)}`,
    footer:
      "PSNR and SSIM: 8-bit rounded images, Y of BT.601 in studio range, the border cut off. Bicubic: as MATLAB's imresize (Keys, a = −0.5). This file holds everything that it shows and loads nothing.",
  });
}
