/** Tables of a study in its page. */
import type { Html } from '../../report/page/html.ts';
import { dataTable, folded } from '../../report/page/sections/parts.ts';
import type { StudyTable } from '../results/tables.ts';

export function studyTable({ title, lead, columns, rows }: StudyTable): Html {
  return dataTable(
    `${title}. ${lead}`,
    columns.map(({ title: name, words }) => ({ title: name, number: !words })),
    rows,
  );
}

/** A table that opens when it is asked for. */
export function foldedTable(table: StudyTable): Html {
  return folded(table.title, studyTable(table));
}
