import { InvalidArgumentError, Option } from 'commander';
import { spaceNames } from '../degradation/space.ts';
import { deviceHelp, devicePattern } from '../device-name.ts';

/** Parser of an option that takes a whole number within [low, high]. */
export function integerWithin(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= low && value <= high)
      return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

/** Parser of an option that takes a number within [low, high]. */
export function numberWithin(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
  };
}

/** Parser of an option that takes several words, separated by commas. */
export function wordList(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('Words separated by commas are needed.');
  return words;
}

/** Parser of an option that takes one of some words. */
export function oneOf<Word extends string>(...words: Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of: ${words.join(', ')}.`);
  };
}

/** Parser of an option that names a device. */
export function deviceName(text: string): string {
  if (devicePattern.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${deviceHelp}.`);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share from 0 to 1.');
}

/** How many photographs may be unusable, as `Command.option` takes it; the key is `maxBad`. */
export const maxBadOption = [
  '--max-bad <share>',
  'bad images that are put up with, as a share (0.01)',
  share,
] as const;

/** A degradation space with its own defaults, where a configuration says more. */
export function spaceOption(): Option {
  return new Option('--space <name>', 'a degradation space with its own defaults (real-esrgan)')
    .choices(spaceNames)
    .conflicts('config');
}
