/** A ranking as a table for other programs. */
import { type Ranking, scoreNames } from './rank.ts';

const columns = ['eta2', 'low', 'high', 'permuted_95', 'p', 'threshold', 'split_r2'] as const;

/** One line an axis (RFC 4180), the ranked ones in their order; empty where there is no number. */
export function rankingToCsv({ axes }: Ranking): string {
  const head = ['axis', 'bins', 'chance'].concat(
    scoreNames.flatMap((score) => columns.map((name) => `${score}_${name}`)),
  );
  const lines = axes.map(({ axis, bins, chance, capacity }) => [
    axis,
    bins,
    chance,
    ...scoreNames.flatMap((score) => {
      const own = capacity[score];
      return [
        own?.eta2,
        own?.interval?.[0],
        own?.interval?.[1],
        own?.permuted.upper,
        own?.permuted.p,
        own?.split?.threshold,
        own?.split?.r2,
      ];
    }),
  ]);
  return [head, ...lines].map((line) => `${line.map((cell) => cell ?? '').join(',')}\r\n`).join('');
}
