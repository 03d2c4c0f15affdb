import { stripVTControlCharacters } from 'node:util';

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** One line of cells, or a rule between groups of lines. */
export type Row = readonly string[] | 'rule';

const widthOf = (text: string) => Array.from(stripVTControlCharacters(text)).length;

/** An aligned table for a terminal; cells may hold colour sequences. */
export function formatTable(columns: readonly Column[], rows: readonly Row[]): string[] {
  const lines = rows.filter((row) => row !== 'rule');
  const widths = columns.map(({ title }, i) =>
    Math.max(widthOf(title), ...lines.map((row) => widthOf(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? '';
        const padding = ' '.repeat((widths[i] as number) - widthOf(cell));
        return align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [
    line(columns.map(({ title }) => title)),
    rule,
    ...rows.map((row) => (row === 'rule' ? rule : line(row))),
  ];
}
