/** The page of a ranking of parameters. Pure: a document in, HTML out. */
import { axisNamed } from '../../degradation/axes.ts';
import { boundText } from '../../degradation/region.ts';
import { absentText, gapText, type RankDocument } from '../../evaluate/ranking/document.ts';
import type { RankedAxis, ScoreName } from '../../evaluate/ranking/rank.ts';
import { bestSplits, gridText } from '../ranking-table.ts';
import { capacityChart } from './charts/capacity.ts';
import { renderDocument } from './document.ts';
import { count, percent, significant, whole } from './format.ts';
import type { Html } from './html.ts';
import { chartFigure, dataTable, missing, section } from './sections/parts.ts';

const titles: Record<ScoreName, string> = { psnr: 'Difficulty (PSNR)', gap: 'Imbalance (gap)' };

const three = (value: number | null | undefined) =>
  value === null || value === undefined ? '–' : value.toFixed(3);

const shownBars = 24;

/** Everything that it shows is in it. */
export function renderRankingPage(ranked: RankDocument): string {
  const { protocol, ranking } = ranked;
  const { model, space } = protocol;
  return renderDocument({
    title: `evensr ranking: ${model.file}`,
    heading: `What defines tasks in ${space}`,
    made: `${model.file}${model.step === null ? '' : `, step ${whole(model.step)}`}: ${count(ranking.draws, 'draw')} on ${count(ranking.photos, 'photograph')}, by evensr ${protocol.evensr}`,
    links: [
      ...ranking.scores.map((score) => ({ id: score, text: titles[score] })),
      { id: 'splits', text: 'Best single splits' },
      { id: 'grids', text: 'Grids' },
      { id: 'all', text: 'All axes' },
    ],
    sections: [
      ranking.scores.map((score) => capacitySection(ranked, score)),
      splitsSection(ranked),
      gridsSection(ranked),
      allSection(ranked),
    ],
    footer:
      'PSNR: 8-bit rounded images, Y of BT.601 in studio range, the border cut off. This file holds everything that it shows and loads nothing.',
  });
}

function capacitySection({ protocol, ranking }: RankDocument, score: ScoreName): Html {
  const bars = ranking.axes
    .flatMap(({ axis, capacity }) => {
      const own = capacity[score];
      if (!own) return [];
      const { eta2: value, interval, permuted } = own;
      return [{ label: axis, value, interval, chance: permuted.upper }];
    })
    .sort((a, b) => b.value - a.value)
    .slice(0, shownBars);
  const best = bars.slice(0, 3).map(({ label, value }) => `${label} ${three(value)}`);
  const what = score === 'psnr' ? "the network's PSNR" : gapText(protocol.gapTo);
  return section(
    {
      id: score,
      title: titles[score],
      lead: `Correlation ratio of each axis: the share of the variance of the score within photographs that lies between the classes of the axis. Score: ${what}.`,
    },
    chartFigure({
      alt: `Capacities for ${titles[score]}, the largest: ${best.join(', ')}.`,
      wide: capacityChart(bars, { width: 640, labelWidth: 116 }),
      narrow: capacityChart(bars, { width: 400, labelWidth: 104 }),
      caption: `The ${bars.length} largest. Line: 95 % interval over photographs. Upright mark: what 95 % of ${whole(protocol.permutations)} permutations stay below.`,
    }),
  );
}

function splitsSection({ ranking }: RankDocument): Html {
  return section(
    {
      id: 'splits',
      title: 'Best single splits',
      lead: 'One threshold on one axis, at least a tenth of the draws on either side; fitted and measured on the same draws.',
    },
    ranking.scores.map((score) =>
      dataTable(
        titles[score],
        [{ title: 'Split' }, { title: 'R²', number: true }],
        bestSplits(ranking.axes, score).map(({ axis, threshold, r2 }) => [
          boundText({ axis, min: threshold, max: null }),
          three(r2),
        ]),
      ),
    ),
  );
}

function gridsSection({ ranking, chosen }: RankDocument): Html {
  const { scores, grids } = ranking;
  return section(
    {
      id: 'grids',
      title: 'Grids',
      lead: 'How much of the variance the tasks of a grid explain: on the draws that it was fitted to, and cross-validated on photographs and draws that neither its thresholds nor its means were fitted to.',
    },
    dataTable(
      'Grids of tasks',
      [
        { title: 'Grid' },
        { title: 'Tasks', number: true },
        { title: 'Smallest', number: true },
        ...scores.flatMap((score) => [
          { title: `R² ${score}`, number: true },
          { title: 'cross-validated', number: true },
        ]),
        { title: 'Boundaries' },
      ],
      grids.map(({ name, tasks, smallest, r2, boundaries }) => [
        name,
        tasks,
        percent(smallest),
        ...scores.flatMap((score) => [three(r2[score]?.fitted), three(r2[score]?.crossValidated)]),
        gridText(boundaries),
      ]),
    ),
    chosen
      ? dataTable(
          `The chosen grid, grown for ${chosen.by}`,
          [{ title: 'Task' }, { title: 'Mass', number: true }, { title: 'Looks like' }],
          chosen.tasks.map(({ id, mass, description }) => [id, percent(mass), description]),
        )
      : missing('No split explains 2 % of the score: one task is all that it supports.'),
  );
}

function allSection({ ranking }: RankDocument): Html {
  const cells = ({ capacity }: RankedAxis, score: ScoreName) => {
    const own = capacity[score];
    return own ? [three(own.eta2), significant(own.permuted.p, 2)] : ['–', '–'];
  };
  const rest =
    ranking.constant.length > 0 && ` Of one value in this space: ${ranking.constant.join(', ')}.`;
  return section(
    { id: 'all', title: 'All axes', lead: [absentText, rest] },
    dataTable(
      'Correlation ratios, chance level (bins − 1) / (draws − 1), p by permutation (one axis at a time)',
      [
        { title: 'Axis' },
        { title: 'Quantity' },
        { title: 'Bins', number: true },
        { title: 'Chance', number: true },
        ...ranking.scores.flatMap((score) => [
          { title: `η² ${score}`, number: true },
          { title: 'p', number: true },
        ]),
      ],
      ranking.axes.map((ranked) => [
        ranked.axis,
        axisNamed(ranked.axis).label,
        ranked.bins,
        three(ranked.chance),
        ...ranking.scores.flatMap((score) => cells(ranked, score)),
      ]),
    ),
  );
}
