/** Names of samples: what is before the first dot of every file of a sample, as WebDataset has it. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

const longestKey = 88;
const longestTask = 48;

/** What keys are made of: also safe as names of files everywhere. */
export const keyPattern = /^[A-Za-z0-9_-]{1,88}$/;

/** 000000.tar and so on. */
export const tarPattern = /^\d{6,12}\.tar$/;

export function tarName(index: number): string {
  return `${String(index).padStart(6, '0')}.tar`;
}

const safe = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '_');

/** A task's id, or as much of it as fits with a hash that tells it from others. */
function taskWord(id: string): string {
  if (safe(id) === id && id.length <= longestTask) return id;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return `${safe(id).slice(0, longestTask - 9)}_${hash}`;
}

/** Photograph, task and repetition: different for different ones. */
export function sampleKey(
  photo: { index: number; name: string },
  task: string,
  repetition: number,
): string {
  const number = String(photo.index).padStart(4, '0');
  const end = `-${taskWord(task)}-${repetition}`;
  const stem = safe(basename(photo.name).replace(/\.[^.]*$/, ''));
  const room = Math.max(1, longestKey - number.length - 1 - end.length);
  return `${number}-${stem.slice(-room)}${end}`;
}
