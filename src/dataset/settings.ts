/** What the bytes of a set depend on: what was begun goes on only with the same. */
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';

export type Setting = string | number | boolean | null;
/** By the names that people know them by. */
export type Settings = Readonly<Record<string, Setting>>;

/** Of the file that holds the settings. */
const version = 1;

export function settingsText(settings: Settings): string {
  return `${JSON.stringify({ version, evensr: native.info().version, ...settings }, null, 2)}\n`;
}

const shown = (value: unknown): string =>
  value === null || value === undefined ? 'none' : String(value);

/**
 * Throws E_CHANGED, naming what differs, unless the text of a settings file is of these settings.
 * `folder` is what the message calls the set.
 */
export function requireSameSettings(text: string, settings: Settings, folder: string): void {
  const wanted = JSON.parse(settingsText(settings)) as Record<string, Setting>;
  let found: Record<string, unknown>;
  try {
    found = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    found = {};
  }
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const changes = names
    .filter((name) => found[name] !== wanted[name])
    .map((name) => `${name} ${shown(found[name])} -> ${shown(wanted[name])}`);
  if (changes.length === 0) return;
  const problem = `${folder} was begun otherwise: ${changes.join(', ')}`;
  throw new EvensrError('E_CHANGED', exitCodes.usage, problem, {
    hint: 'give the same options and photographs to go on, another folder, or --overwrite',
  });
}
