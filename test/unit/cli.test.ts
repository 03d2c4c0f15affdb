import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const evensr = (...args: string[]) =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });

describe('command line', () => {
  it('suggests the command that was meant and exits with 2', () => {
    const result = evensr('doctro');
    assert.equal(result.status, 2);
    assert.match(result.stderr, /E_USAGE.*doctor/);
  });

  it('prints one JSON document with --json, also for errors', () => {
    const found = JSON.parse(evensr('doctor', '--json').stdout);
    assert.ok(found.cpu.threads >= 1);
    const failed = JSON.parse(evensr('nothing', '--json').stdout);
    assert.equal(failed.error.code, 'E_USAGE');
  });
});
