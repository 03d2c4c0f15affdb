/** What is to be written where. Nothing is opened and nothing made here. */
import { resolve } from 'node:path';
import { contains, realOf } from '../data/inside.ts';
import { textOfName } from '../data/names.ts';
import type { ProblemCode } from '../data/problem.ts';
import type { SourceScan } from '../data/scan.ts';
import type { FoundPhoto } from '../data/walk.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { WrittenFormat } from '../image/picture.ts';
import { type ByteName, byteName, concat, splitExtension, splitName } from './byte-name.ts';
import { Outputs } from './collisions.ts';
import { type FormatChoice, fallbackExtension, outputFormat } from './format.ts';
import type { NameFields, NamePattern } from './name-pattern.ts';
import { isInShard, type Shard } from './shard.ts';

/** The folder of evensr's own files in an output folder. */
export const stateFolder = '.evensr';

/** Longest name of a file in any usual file system, in bytes. */
const longestName = 255;

/** A picture that is to be upscaled. */
export interface PlannedItem {
  photo: FoundPhoto;
  /** Below the output folder. */
  output: ByteName;
  format: WrittenFormat;
  /** The name to take instead when the format turns out to be unable to hold the picture; if one is free. */
  fallback: ByteName | undefined;
}

/** What will not even be tried. */
export interface RefusedItem {
  /** For people. */
  path: string;
  code: ProblemCode | 'E_PATH';
  reason: string;
}

export interface Plan {
  items: PlannedItem[];
  refused: RefusedItem[];
}

export interface PlanOptions {
  pattern: NamePattern;
  format: FormatChoice;
  fields: Pick<NameFields, 'scale' | 'model'>;
  shard: Shard;
}

interface Target {
  output: ByteName;
  fallback: ByteName;
  format: WrittenFormat;
}

function targetOf(place: ByteName, options: PlanOptions): Target {
  const { folder, base } = splitName(place);
  const { stem, ext: inputExtension } = splitExtension(base);
  const { format, ext } = outputFormat(inputExtension, options.format);
  const name = options.pattern({ ...options.fields, name: stem, ext: inputExtension });
  const below = folder === '' ? name : concat(folder, '/', name);
  return {
    output: concat(below, '.', ext),
    fallback: concat(below, '.', fallbackExtension),
    format,
  };
}

/** Why no file can have this name below the output folder. */
function whyNoName(output: ByteName): string | undefined {
  const parts = output.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'its place leads out of the output folder';
  if (parts[0]?.toLowerCase() === stateFolder) return `${stateFolder} is evensr's own folder`;
  const longest = Math.max(...parts.map((part) => part.length));
  if (longest <= longestName) return undefined;
  return `the output's name would have ${longest} bytes, ${longestName} at most (--name)`;
}

function collision(meetings: readonly string[]): EvensrError {
  const [first, ...details] = meetings;
  const more = details.length > 0 ? ` (and ${details.length} more)` : '';
  return new EvensrError(
    'E_COLLISION',
    exitCodes.usage,
    `two pictures would be written to one file: ${first}${more}`,
    { hint: 'keep their extensions with --name "{name}_{ext}", or upscale them apart', details },
  );
}

/** Drops fallback names that are some other picture's output or fallback, so that no two ever meet. */
function settleFallbacks(all: readonly { target: Target; item: PlannedItem }[], outputs: Outputs) {
  const claims = new Map<string, PlannedItem>();
  for (const { target, item } of all) {
    if (target.format === 'png' || !outputs.isFree(target.fallback)) continue;
    const key = target.fallback.toLowerCase();
    const rival = claims.get(key);
    if (rival) rival.fallback = undefined;
    else {
      item.fallback = target.fallback;
      claims.set(key, item);
    }
  }
}

/**
 * Plans the outputs of all that was found; the items are those of the shard, whereas names must not meet
 * over all shards. Throws E_COLLISION (exit 2) with every meeting.
 */
export function planOutputs(scan: Pick<SourceScan, 'items'>, options: PlanOptions): Plan {
  const outputs = new Outputs();
  const refused: RefusedItem[] = [];
  const all: { target: Target; item: PlannedItem; isOurs: boolean }[] = [];
  let previous: Buffer | undefined;
  for (const { below, path, photo, problem } of scan.items) {
    const place = byteName(below);
    const isOurs = isInShard(place, options.shard);
    if (problem && isOurs) refused.push({ ...problem, path: textOfName(path) });
    // The same file, given twice.
    if (!photo || previous?.equals(path)) continue;
    previous = path;
    const target = targetOf(place, options);
    const reason = whyNoName(target.output);
    if (reason === undefined) {
      outputs.add({ place, output: target.output });
      const { output, format } = target;
      all.push({ target, isOurs, item: { photo, output, format, fallback: undefined } });
    } else if (isOurs) refused.push({ path: textOfName(path), code: 'E_PATH', reason });
  }
  if (outputs.meetings.length > 0) throw collision(outputs.meetings);
  settleFallbacks(all, outputs);
  return { items: all.flatMap(({ isOurs, item }) => (isOurs ? item : [])), refused };
}

/**
 * The output folder with every link resolved. Throws E_PATH (exit 2) when it lies in an input folder,
 * whose files its own would become, or when something that is read lies in it.
 */
export async function placeOutput(output: string, roots: SourceScan['roots']): Promise<string> {
  const folder = await realOf(resolve(output));
  for (const { path, tree } of roots) {
    const input = await realOf(path.toString());
    const isRead = contains(folder, input);
    if (!isRead && !(tree && contains(input, folder))) continue;
    const shown = textOfName(path);
    const same =
      folder === input ? `the output folder ${output} is the folder of the input` : undefined;
    const what =
      same ??
      (isRead
        ? `the input ${shown} lies in the output folder ${output}`
        : `the output folder ${output} lies in the input ${shown}`);
    throw new EvensrError('E_PATH', exitCodes.usage, what, {
      hint: 'choose an output folder apart from the input',
    });
  }
  return folder;
}
