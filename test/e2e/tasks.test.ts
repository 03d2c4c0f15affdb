import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'evensr-tasks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function tasks(...args: string[]) {
  return spawnSync(process.execPath, [cli, 'tasks', '--samples', '10000', ...args], {
    encoding: 'utf8',
  });
}

function configured(text: string): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, `scale: 2\nimages:\n  train: photos\n${text}`);
  return file;
}

it('prints the default grid as a table', () => {
  const { status, stdout, stderr } = tasks();
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] as string, /^task +bounds +mass +looks like$/);
  assert.equal(lines.length, 2 + 9);
  assert.match(
    lines[2] as string,
    /^small-clean +bottleneck < 0.6, noise < 8 +4\.\d % +shrunk far/,
  );
});

it('takes space, boundaries and scale from a configuration, as JSON', () => {
  const file = configured(
    [
      'tasks:\n  boundaries:\n    noise: [5]',
      'degradation:\n  space:\n    stage2:',
      '      noiseProbabilities: {none: 1, gaussian: 0, poisson: 0}\n',
    ].join('\n'),
  );
  const { status, stdout } = tasks('--config', file, '--json');
  const found = JSON.parse(stdout);
  assert.deepEqual([status, found.scale, found.tasks.length], [0, 2, 2]);
  assert.deepEqual(found.tasks[0].bounds, [{ axis: 'noise', min: null, max: 5 }]);
  assert.ok(found.tasks[0].mass > 0.3);
});

it('ends with code 2 for a task that nothing falls into', () => {
  const { status, stdout, stderr } = tasks(
    '--config',
    configured('tasks:\n  boundaries:\n    noise: [500]'),
  );
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^evensr: E_TASK_EMPTY: task noisy \(noise >= 500\) is empty/);
});
