import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Output } from '../../src/commands/output.ts';
import { reportError } from '../../src/commands/run.ts';
import { EvensrError, type ExitCode, exitCodes } from '../../src/errors.ts';

interface Reported {
  exitCode: ExitCode;
  notes: string[];
  error: { code: string; message: string; hint?: string; details?: string[] };
}

function reported(error: unknown, verbose = false): Reported {
  const output = new Output({ json: true, verbose });
  const notes: string[] = [];
  let document: unknown;
  output.note = (text) => notes.push(text);
  output.document = (value) => {
    document = value;
  };
  const exitCode = reportError(error, output);
  return { exitCode, notes, ...(document as { error: Reported['error'] }) };
}

describe('reporting an error', () => {
  it('of ours says what happened and what to do, in one line without control characters', () => {
    const error = new EvensrError('E_DATA_BAD', exitCodes.nothingUsable, 'a\nb\u001b[31m.png', {
      hint: 'repair it',
    });
    const { exitCode, notes, error: told } = reported(error);
    assert.equal(exitCode, 3);
    assert.deepEqual(notes, ['evensr: E_DATA_BAD: a\\nb\\x1b[31m.png - repair it']);
    assert.deepEqual(told, {
      code: 'E_DATA_BAD',
      message: 'a\nb\u001b[31m.png',
      hint: 'repair it',
    });
    const [line, stack] = reported(error, true).notes;
    assert.equal(line, notes[0]);
    assert.match(stack ?? '', /\n +at /);
  });

  it('lists 20 further findings and counts the rest; JSON has them all', () => {
    const details = Array.from({ length: 25 }, (_, i) => `finding ${i}`);
    const { notes, error } = reported(
      new EvensrError('E_CONFIG', exitCodes.usage, 'first', { details }),
    );
    assert.equal(notes.length, 22);
    assert.equal(notes.at(-1), 'evensr: E_CONFIG: and 5 more');
    assert.deepEqual(error.details, details);
  });
});
