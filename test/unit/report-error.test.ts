import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Output } from '../../src/commands/output.ts';
import { reportError } from '../../src/commands/run.ts';
import { about, EvensrError } from '../../src/errors.ts';

class Recorded extends Output {
  readonly notes: string[] = [];
  readonly documents: unknown[] = [];

  override note(text: string): void {
    this.notes.push(text);
  }

  override document(value: unknown): void {
    this.documents.push(value);
  }
}

function reported(error: unknown) {
  const output = new Recorded({ json: true, verbose: false });
  const exitCode = reportError(error, output);
  return { exitCode, notes: output.notes, documents: output.documents };
}

const coded = (code: string) => Object.assign(new Error('it failed'), { code });

describe('errors', () => {
  it('that are ours are one line, and say what to do', () => {
    const error = new EvensrError('E_MODEL', 9, 'x is bad', { hint: 'take\nanother' });
    const { exitCode, notes, documents } = reported(error);
    assert.equal(exitCode, 9);
    assert.deepEqual(notes, ['evensr: E_MODEL: x is bad - take\\nanother']);
    const shown = { code: 'E_MODEL', message: 'x is bad', hint: 'take\nanother' };
    assert.deepEqual(documents, [{ error: shown }]);
  });

  it('of the disk, the memory and the device have their exit codes, whoever meets them', () => {
    const expected: [error: Error, code: string, exitCode: number][] = [
      [coded('ENOSPC'), 'E_DISK', 5],
      [coded('EIO'), 'E_DISK', 5],
      [coded('E_DISK'), 'E_DISK', 5],
      [coded('E_MEMORY'), 'E_MEMORY', 6],
      [coded('ERR_MEMORY_ALLOCATION_FAILED'), 'E_MEMORY', 6],
      [new RangeError('Array buffer allocation failed'), 'E_MEMORY', 6],
      [coded('E_DEVICE'), 'E_DEVICE', 2],
    ];
    for (const [error, code, exitCode] of expected) {
      const result = reported(error);
      assert.equal(result.exitCode, exitCode, code);
      assert.ok(result.notes[0]?.startsWith(`evensr: ${code}: `), result.notes[0]);
      assert.equal(result.notes.length, 1);
    }
  });

  it('that are bugs are called so, with a stack', () => {
    for (const error of [new TypeError('x is not a function'), coded('toString'), 'a string']) {
      const { exitCode, notes, documents } = reported(error);
      assert.equal(exitCode, 1);
      assert.match(notes[0] ?? '', /^evensr: E_BUG: this is a bug in evensr/);
      assert.deepEqual(documents, [{ error: { code: 'E_BUG', message: String(error) } }]);
    }
    assert.match(reported(new TypeError('x')).notes[0] ?? '', /\n +at /);
  });

  it('are told which item they are about', () => {
    const error = new EvensrError('E_MODEL', 9, 'bad', { hint: 'h', details: ['d'] });
    const named = about('a.bin', error) as EvensrError;
    const { code, exitCode, message, hint, details } = named;
    assert.deepEqual([code, exitCode, message, hint], ['E_MODEL', 9, 'a.bin: bad', 'h']);
    assert.deepEqual(details, ['d']);
    const bug = new Error('bug');
    assert.equal(about('a.bin', bug), bug);
  });
});
