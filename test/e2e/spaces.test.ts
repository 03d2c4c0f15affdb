/** Every degradation space through the commands: pairs, scores and training. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Random } from '../../src/rng.ts';
import { Workbench } from './train-kit.ts';

/** Nearly gray, and room for two patches of a noise bank. */
async function paintWall(file: string, noise: number): Promise<void> {
  const [width, height] = [520, 260];
  const random = new Random(noise, 0, 0);
  const pixels = Uint8Array.from(
    { length: width * height * 3 },
    () => 120 + noise * (random.uniform() - 0.5),
  );
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(file);
}

const realsr = `
images: {train: photos, setAside: 0.3}
scale: 2
degradation:
  space: realsr
  kernels: kernels.json
  noiseBank: walls
  margin: 2
training: {lqSize: 12}
`;

describe('degradation spaces', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    mkdirSync(place.path('walls'));
    await paintWall(place.path('walls/quiet.png'), 4);
    await paintWall(place.path('walls/noisy.png'), 12);
    const kernels = [1, 2].map((far) => Array.from({ length: 9 }, (_, i) => far ** -(i % 3)));
    writeFileSync(place.path('kernels.json'), JSON.stringify({ size: 3, kernels }));
    writeFileSync(place.path('realsr.yaml'), realsr);
  });
  after(() => place.remove());

  const recordsOf = (folder: string) =>
    readFileSync(place.path(`${folder}/recipes.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  for (const space of ['bsrgan', 'bsrgan-plus', 'classic']) {
    it(`degrade --space ${space} writes pairs of its tasks, and makes them again`, async () => {
      const args = ['-i', 'walls', '--crop', '48', '--scale', '2', '--space', space];
      const { code, stderr, stdout } = await place.run(
        ...['degrade', ...args, '-o', space, '--tasks', 'all'],
      );
      assert.equal(code, 0, stderr);
      const tasks = space === 'classic' ? 3 : 9;
      assert.match(stdout, new RegExp(`^done ${2 * tasks} pairs`));
      assert.equal(new Set(recordsOf(space).map(({ task }) => task)).size, tasks);
      const again = await place.run(
        ...['degrade', '-i', 'walls', '-o', `${space}-again`],
        ...['--quiet', '--replay', `${space}/recipes.jsonl`],
      );
      assert.deepEqual([again.code, again.stderr], [0, '']);
    });
  }

  it('degrade with realsr draws from both banks', async () => {
    const args = ['-i', 'photos', '--crop', '48', '--config', 'realsr.yaml', '--count', '8'];
    const { code, stderr } = await place.run('degrade', ...args, '-o', 'realsr');
    assert.equal(code, 0, stderr);
    const operations = recordsOf('realsr').flatMap(({ recipe }) => recipe.operations);
    assert.ok(operations.some(({ op, kernel }) => op === 'blur' && kernel === 'bank'));
    const patches = operations.filter(({ op }) => op === 'inject').map(({ patch }) => patch);
    assert.equal(patches.length, 32);
    assert.deepEqual([...new Set(patches)].sort(), [0, 1, 2, 3]);
  });

  it('tasks shows the space of a configuration, and what realsr lacks without one', async () => {
    const shown = await place.run('tasks', '--config', 'realsr.yaml', '--json');
    const { space, tasks } = JSON.parse(shown.stdout);
    assert.equal(space, 'realsr');
    assert.deepEqual(
      tasks.map(({ id }: { id: string }) => id),
      ['bicubic-quiet', 'bicubic-noisy', 'kernel-quiet', 'kernel-noisy'],
    );
    const lacking = await place.run('tasks', '--space', 'realsr');
    assert.equal(lacking.code, 2);
    assert.match(lacking.stderr, /E_SPACE: .*kernelBank is missing.*degradation\.kernels/);
    const both = await place.run('tasks', '--space', 'classic', '--config', 'realsr.yaml');
    assert.equal(both.code, 2);
    assert.match(both.stderr, /E_USAGE: .*--space.*cannot be used with.*--config/);
    const unknown = await place.run('tasks', '--space', 'esrgan');
    assert.match(unknown.stderr, /E_USAGE: .*Allowed choices are real-esrgan, bsrgan/);
  });

  const train = async (name: string, ...keys: string[]) => {
    const set = ['training.steps=6', 'validation.every=6', 'checkpoint.every=6', ...keys];
    const flags = set.flatMap((key) => ['--set', key]);
    const { code, stderr } = await place.run('train', 'tiny.yaml', '-o', name, '--json', ...flags);
    assert.equal(code, 0, stderr);
    const lines = readFileSync(place.path(`${name}/metrics.jsonl`), 'utf8')
      .trim()
      .split('\n');
    return JSON.parse(lines.at(-1) as string).tasks as Record<string, unknown>;
  };

  it('trains on bsrgan at scale 1, and evaluates on it and on another space', async () => {
    const tasks = await train(
      'plain',
      ...['degradation.space=bsrgan', 'scale=1', 'training.lqSize=26'],
    );
    assert.equal(Object.keys(tasks).length, 9);
    const args = ['evaluate', '-m', 'plain', '-i', 'photos', '--crop', '48', '--samples', '2'];
    const own = await place.run(...args, '--json');
    assert.equal(own.code, 0, own.stderr);
    assert.equal(JSON.parse(own.stdout).tasks.tasks.length, 9);
    const other = await place.run(...args, '--json', '--space', 'classic');
    assert.deepEqual(
      JSON.parse(other.stdout).tasks.tasks.map(({ id }: { id: string }) => id),
      ['bicubic', 'bd', 'dn'],
    );
  });

  it('trains on realsr, reports it and does not resume it with other kernels', async () => {
    const keys = [
      'degradation.space=realsr',
      'degradation.kernels=kernels.json',
      'degradation.noiseBank=walls',
      'log.report=true',
    ];
    const tasks = await train('real', ...keys);
    assert.deepEqual(Object.keys(tasks).length, 4);
    const report = await place.run('report', 'real', '-o', 'real.html');
    assert.equal(report.code, 0, report.stderr);
    const other = JSON.stringify({ size: 3, kernels: [[0, 0, 0, 0, 1, 0, 0, 0, 0]] });
    writeFileSync(place.path('kernels.json'), other);
    const every = ['validation.every=6', 'checkpoint.every=6'];
    const flags = ['training.steps=8', ...every, ...keys].flatMap((key) => ['--set', key]);
    const resumed = await place.run(
      ...['train', 'tiny.yaml', '-o', 'real', '--json', '--resume', '--allow-change', 'training'],
      ...flags,
    );
    assert.equal(resumed.code, 9, resumed.stderr);
    assert.match(
      resumed.stderr,
      /E_CONFIG_CHANGED: .*images: the photographs, kernels or noise of the run/,
    );
  });
});
