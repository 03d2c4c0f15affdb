import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../data/folder.ts';
import type { PhotoSet } from '../data/open.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { type FrozenSet, sideWithMargin } from '../evaluate/frozen.ts';
import { previewPhotos, previewSteps, previewTasks } from '../evaluate/preview.ts';
import { native } from '../native.ts';
import { type DrawOptions, type Draws, planDraws } from './degrade-options.ts';
import { openForDegrade, type WriteOptions, warnTo } from './degrade-write.ts';
import type { Output } from './output.ts';

export const previewKinds = ['tasks', 'photos', 'steps'] as const;
export type PreviewKind = (typeof previewKinds)[number];

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_USAGE', exitCodes.usage, message, { hint });
}

/** The one set that photographs or steps are shown of. */
function oneSet({ sets }: Draws, kind: PreviewKind): FrozenSet {
  const [set] = sets;
  if (set && sets.length === 1) return set;
  throw usage(
    `--preview ${kind} shows one task, not ${sets.length}`,
    'name one with --tasks, or leave it out for a plain draw',
  );
}

async function draw(kind: PreviewKind, photos: PhotoSet, draws: Draws): Promise<Buffer> {
  if (kind === 'photos') return await previewPhotos(photos, oneSet(draws, kind), draws);
  if (kind === 'steps') return await previewSteps(photos, oneSet(draws, kind), draws);
  const tasks = draws.sets.flatMap((set) => set.task ?? []);
  return await previewTasks(photos, tasks, draws);
}

function requirePlace(path: string, overwrite: boolean): void {
  if (!existsSync(path) || overwrite) return;
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${path} is there already`, {
    hint: 'choose another name, or give --overwrite',
  });
}

/** Options of pairs that no picture has. */
const ofPairs: [keyof WriteOptions, string][] = [
  ['quotas', '--quotas'],
  ['count', '--count'],
  ['total', '--total'],
  ['replay', '--replay'],
  ['shard', '--shard'],
  ['shardsOf', '--shards-of'],
  ['encode', '--encode'],
  ['format', '--format'],
  ['gtFormat', '--gt-format'],
  ['quality', '--quality'],
];

function requireNoPairs(options: WriteOptions): void {
  const given = ofPairs.flatMap(([key, name]) => (options[key] === undefined ? [] : [name]));
  if (given.length > 0)
    throw usage(`--preview takes no ${given.join(', ')}`, 'leave them out, or --preview');
}

async function drawn(
  kind: PreviewKind,
  options: WriteOptions,
  draws: Draws,
  output: Output,
): Promise<Buffer> {
  if (kind !== 'tasks') oneSet(draws, kind);
  const side = sideWithMargin(draws.crop, draws.margin, draws.scale);
  const photos = await openForDegrade(options, output, side);
  try {
    return await draw(kind, photos, draws);
  } finally {
    photos.pack.dispose();
  }
}

/** Draws a contact sheet in place of writing pairs. */
export async function writePreview(
  kind: PreviewKind,
  options: WriteOptions,
  output: Output,
): Promise<ExitCode> {
  requireNoPairs(options);
  const tasks = options.tasks ?? (kind === 'tasks' ? ['all'] : undefined);
  const wanted: DrawOptions = tasks === undefined ? options : { ...options, tasks };
  const isFile = options.output.toLowerCase().endsWith('.png');
  const path = isFile ? options.output : join(options.output, 'preview.png');
  requirePlace(path, options.overwrite === true);
  const draws = await planDraws(wanted, warnTo(output));
  try {
    const png = await drawn(kind, options, draws, output);
    makeFolder(dirname(path));
    await native.writeFileDurably(path, [png]);
  } finally {
    draws.dispose();
  }
  output.line(path);
  output.document({ output: path, preview: kind, tasks: draws.sets.map(({ id }) => id) });
  return exitCodes.ok;
}
