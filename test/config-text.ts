import assert from 'node:assert/strict';
import { EvensrError } from '../src/errors.ts';
import { parseConfig, type TrainConfig } from '../src/train/config.ts';

/** The least that a configuration needs. */
export const minimal = 'images: {train: gt}\n';

export const parse = (text: string, set: string[] = []): TrainConfig =>
  parseConfig(text, { origin: 'run.yaml', folder: '/photos', set });

/** Every line of the error that a text gives. */
export function problems(text: string, set: string[] = []): string[] {
  try {
    parse(text, set);
  } catch (error) {
    assert.ok(error instanceof EvensrError, String((error as Error).stack));
    assert.equal(error.exitCode, 2);
    return [error.message, ...error.details];
  }
  return assert.fail(`accepted: ${text}`);
}
