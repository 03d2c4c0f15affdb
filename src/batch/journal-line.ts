/**
 * Lines of the journal:
 *
 *     {"settings": ID, "model": …, "scale": 4, …}          what the lines after it refer to
 *     {"begin": NAME, "with": ID, "sha256": …, "input": …, "output": …, …}   about to get its name
 *     {"done": NAME}                                       it has it
 *     {"done": NAME, "with": ID, …}                        both in one: after a look, or when compacted
 */
import { type ByteName, fromJson, toJson } from './byte-name.ts';
import { parseSettings, type Settings } from './settings.ts';

/** What is known of an output. */
export interface Entry {
  /** Id of the settings. */
  with: string;
  /** Of the input's bytes, base64url. */
  sha256: string;
  /** Size, times and inode of the input. */
  input: string;
  /** Size and time of the output. */
  output: string;
  /** The picture has alpha. */
  alpha: boolean;
  /** PNG took the place of the planned format, which could not hold the picture. */
  png: boolean;
}

export type JournalLine =
  | { kind: 'settings'; id: string; settings: Settings }
  | { kind: 'begin'; name: ByteName; entry: Entry }
  | { kind: 'done'; name: ByteName; entry: Entry | undefined };

export function settingsLine(id: string, settings: Settings): string {
  return `${JSON.stringify({ settings: id, ...settings })}\n`;
}

export function entryLine(kind: 'begin' | 'done', name: ByteName, entry?: Entry): string {
  const { alpha, png, ...facts } = entry ?? {};
  const marks = { ...(alpha ? { alpha } : {}), ...(png ? { png } : {}) };
  return `${JSON.stringify({ [kind]: toJson(name), ...facts, ...marks })}\n`;
}

const limits = { with: 64, sha256: 64, input: 128, output: 64 };

function entryOf(line: Record<string, unknown>): Entry | undefined {
  const { alpha = false, png = false } = line;
  for (const [key, longest] of Object.entries(limits)) {
    const value = line[key];
    if (typeof value !== 'string' || value.length > longest) return undefined;
  }
  if (typeof alpha !== 'boolean' || typeof png !== 'boolean') return undefined;
  const { with: id, sha256, input, output } = line as unknown as Entry;
  return { with: id, sha256, input, output, alpha, png };
}

function plainObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isPlain ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing for a line that is none, whatever is in it. */
export function parseLine(text: string): JournalLine | undefined {
  const line = plainObject(text);
  if (!line) return undefined;
  if (typeof line.settings === 'string') {
    const settings = parseSettings(line);
    return settings && { kind: 'settings', id: line.settings, settings };
  }
  const kind = line.begin === undefined ? 'done' : 'begin';
  const name = fromJson(line[kind]);
  if (name === undefined) return undefined;
  const entry = entryOf(line);
  if (entry) return { kind, name, entry };
  const isBare = kind === 'done' && line.with === undefined;
  return isBare ? { kind, name, entry: undefined } : undefined;
}
