/** The results of a study as files: numbers, tables, and a page. */
import { join } from 'node:path';
import { makeFolder } from '../data/folder.ts';
import { native } from '../native.ts';
import { encodeCrops } from './page/pictures.ts';
import { csvFiles } from './results/csv.ts';
import { markdownOf } from './results/markdown.ts';
import type { StudyResults } from './results.ts';
import type { StudyInput } from './results-input.ts';

/**
 * Writes results.json, *.csv, results.md and index.html into the folder, which is made when it is not
 * there. Each file replaces the one of its name at once; results of fewer runs are replaced by those of more.
 * Throws E_DISK (exit 5)
 */
export async function writeResults(
  folder: string,
  input: StudyInput,
  results: StudyResults,
): Promise<void> {
  makeFolder(folder);
  // The charts take a while to load, and commands that only plan a study load this file too.
  const { renderStudyPage } = await import('./page/page.ts');
  const files: Record<string, string> = {
    'results.json': `${JSON.stringify(results, null, 1)}\n`,
    ...csvFiles(results),
    'results.md': markdownOf(input, results),
    'index.html': renderStudyPage(input, results, await encodeCrops(input.crops)),
  };
  for (const [name, text] of Object.entries(files)) {
    await native.writeFileDurably(join(folder, name), [Buffer.from(text)]);
  }
}
