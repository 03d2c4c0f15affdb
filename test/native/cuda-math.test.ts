import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const source = join(root, 'test/cuda/math.cu');
const folder = mkdtempSync(join(tmpdir(), 'evensr-nvcc-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The architectures that the CUDA plugin is for. */
const architectures = ['sm_80', 'sm_90a', 'sm_100', 'sm_120'];

const nvcc: string | undefined = ['nvcc', '/usr/local/cuda/bin/nvcc'].find(
  (path) => spawnSync(path, ['--version']).status === 0,
);

test('device code can use every header of native/math: nvcc compiles them as they are', (t) => {
  if (nvcc === undefined) return t.skip('nvcc is not installed');
  const text = readFileSync(source, 'utf8');
  for (const header of readdirSync(join(root, 'native/math'))) {
    const isIncluded = text.includes(`"math/${header}"`);
    const throughOthers = ['host_device.h', 'jpeg_tables.h'].includes(header);
    assert.ok(isIncluded || throughOthers, `${header} is missing in test/cuda/math.cu`);
  }
  for (const architecture of architectures) {
    const options = ['-std=c++17', '--fmad=false', '-Werror', 'all-warnings', '-cubin'];
    const places = ['-I', join(root, 'native'), '-o', join(folder, 'math'), source];
    const args = [...options, `-arch=${architecture}`, ...places];
    const { status, stdout, stderr }: SpawnSyncReturns<string> = spawnSync(nvcc, args, {
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${architecture}: ${stdout}${stderr}`);
  }
});
