import { rankingToCsv } from '../evaluate/ranking/csv.ts';
import { absentText, type RankDocument } from '../evaluate/ranking/document.ts';
import { tasksYaml } from '../evaluate/ranking/tasks-yaml.ts';
import { native } from '../native.ts';
import { capacityTable, gridTable, rankingRemarks, splitTable } from '../report/ranking-table.ts';
import type { Output } from './output.ts';
import type { RankCommandOptions } from './tasks-rank.ts';

/** The tables, and how to read them. */
export function showRanking(document: RankDocument, output: Output): void {
  const { ranking, exact, protocol } = document;
  if (exact > 0) output.warn('W_RANK', `${exact} draws were restored exactly - left out`);
  if (!ranking.scores.includes('gap')) {
    output.warn('W_RANK', 'the gap is the same for every draw - it is not ranked');
  }
  if (ranking.photos < 2) {
    output.warn('W_RANK', 'one photograph gives neither intervals nor cross-validation');
  }
  output.line(protocol.model.file);
  for (const line of rankingRemarks(document)) output.line(line);
  output.line();
  for (const line of capacityTable(document)) output.line(line);
  output.line(
    'eta2: share of the variance between the classes; *: above what 95 % of the permutations reach',
  );
  output.line(absentText);
  if (ranking.constant.length > 0) output.line(`of one value: ${ranking.constant.join(', ')}`);
  for (const table of [splitTable, gridTable]) {
    output.line();
    for (const line of table(document)) output.line(line);
  }
}

const write = async (file: string, text: string) =>
  await native.writeFileDurably(file, [Buffer.from(text)]);

function notes({ protocol, ranking, chosen }: RankDocument): string[] {
  const grid = ranking.grids.find(({ grownFor }) => grownFor === chosen?.by);
  const fits = ranking.scores.map((score) => {
    const { fitted, crossValidated } = grid?.r2[score] ?? { fitted: 0, crossValidated: null };
    const held = crossValidated === null ? '' : ` (cross-validated ${crossValidated.toFixed(3)})`;
    return `R2 of ${score} ${fitted.toFixed(3)}${held}`;
  });
  return [
    `Tasks as evensr tasks rank grew them for ${chosen?.by}: ${ranking.draws} draws on ${ranking.photos} photographs, seed ${protocol.seed},`,
    `${protocol.model.file}.`,
    `${fits.join(', ')}; the gap is to ${protocol.gapTo === 'specialist' ? "the task's specialist" : 'bicubic interpolation'}.`,
  ];
}

/** The files that were asked for. */
export async function writeRanking(
  document: RankDocument,
  { output: yaml, csv, html }: Pick<RankCommandOptions, 'output' | 'csv' | 'html'>,
  output: Output,
): Promise<void> {
  const { chosen, ranking } = document;
  if (yaml !== undefined && chosen)
    await write(yaml, tasksYaml(chosen.boundaries, notes(document)));
  if (yaml !== undefined && !chosen) {
    output.warn('W_RANK', `no split explains 2 % of the score - ${yaml} is not written`);
  }
  if (csv !== undefined) await write(csv, rankingToCsv(ranking));
  if (html !== undefined) {
    const { renderRankingPage } = await import('../report/page/ranking.ts');
    await write(html, renderRankingPage(document));
  }
  output.line();
  const written = [chosen ? yaml : undefined, csv, html].filter((file) => file !== undefined);
  for (const file of written) output.line(file);
}
