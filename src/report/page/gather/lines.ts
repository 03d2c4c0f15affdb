/** Files of JSON lines as they are found: torn, damaged, or still being written. */
import type { z } from 'zod';
import { readRegularFile } from '../../../data/regular-file.ts';

export interface LinesFound<Entry> {
  entries: Entry[];
  /** Lines that could not be read; a torn last line, which any kill may leave, is not counted. */
  damaged: number;
}

const newline = 10;

/**
 * The entries of a file of JSON lines. Lines that are no JSON or of another form are passed over.
 * Rejects with the reason as the message when the file cannot be read.
 */
export async function readJsonLines<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<LinesFound<z.output<Schema>>> {
  const bytes = await readRegularFile(file);
  const entries: z.output<Schema>[] = [];
  let damaged = 0;
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(newline, from);
    const end = found < 0 ? bytes.length : found;
    const entry = parse(bytes.toString('utf8', from, end), schema);
    if (entry !== undefined) entries.push(entry);
    else if (found >= 0 && end > from) damaged++;
    from = end + 1;
  }
  return { entries, damaged };
}

function parse<Schema extends z.ZodType>(
  line: string,
  schema: Schema,
): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
