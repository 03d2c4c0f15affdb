import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { type Finished, Workbench } from './train-kit.ts';

let place: Workbench;
before(async () => {
  place = await Workbench.create();
  const { code, stderr } = await place.train('tiny.yaml', '-o', 'run', '--set', 'training.steps=7');
  assert.equal(code, 0, stderr);
});
after(() => place.remove());

const quick = ['--draws', '60', '--crops', '1', '--permutations', '20', '--resamples', '20'];
const rank = (...args: string[]): Promise<Finished> =>
  place.run('tasks', 'rank', 'run', ...quick, ...args);

interface Told {
  protocol: { gapTo: string; crop: number; photos: unknown[]; specialists: string | null };
  ranking: {
    axes: { axis: string; capacity: Record<string, { eta2: number }> }[];
    grids: { name: string; r2: Record<string, { fitted: number }> }[];
    spread: { gap: { mean: number } };
  };
  chosen: { boundaries: Record<string, number[]>; tasks: { mass: number }[] } | null;
}

const told = ({ stdout }: Finished) => JSON.parse(stdout) as Told;

it('ranks on the photographs of the probes, the same every time', async () => {
  const first = await rank('--json');
  assert.equal(first.code, 0, first.stderr);
  const { protocol, ranking, chosen } = told(first);
  assert.deepEqual([protocol.gapTo, protocol.crop, protocol.photos.length], ['bicubic', 48, 1]);
  assert.ok(ranking.axes.length > 30);
  assert.ok(ranking.axes.every(({ capacity }) => Number.isFinite(capacity.psnr?.eta2)));
  assert.ok(chosen && chosen.tasks.length > 1);
  assert.doesNotMatch(first.stdout, /NaN/);
  assert.equal((await rank('--json')).stdout, first.stdout);
  assert.notEqual((await rank('--json', '--seed', '1')).stdout, first.stdout);
});

it('writes a grid that train takes, a table and a page that loads nothing', async () => {
  const files = ['-o', 'tasks.yaml', '--csv', 'rank.csv', '--html', 'rank.html'];
  const { code, stdout, stderr } = await rank('-i', 'photos', ...files);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /60 draws on 4 photographs/);
  assert.match(stdout, /^axis +bins +chance +eta2 psnr +95 % interval/m);
  assert.match(stdout, /^default +9 .* bottleneck \{0\.6, 0\.85\} x noise \{8, 16\}$/m);
  const text = readFileSync(place.path('tasks.yaml'), 'utf8');
  writeFileSync(
    place.path('ranked.yaml'),
    `${readFileSync(place.path('tiny.yaml'), 'utf8')}\n${text}`,
  );
  const checked = await place.run('train', 'ranked.yaml', '--dry-run');
  assert.equal(checked.code, 0, checked.stderr);
  const page = readFileSync(place.path('rank.html'), 'utf8');
  for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert.match(url as string, /^(data:|#)/);
  }
  assert.doesNotMatch(page, /NaN|undefined/);
  assert.match(readFileSync(place.path('rank.csv'), 'utf8'), /^axis,bins,chance,psnr_eta2,/);
  const again = await rank(...files);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /E_EXISTS: tasks\.yaml is there already/);
});

it('takes the specialists that lie beside the checkpoint', async () => {
  const [newest = ''] = place.checkpoints('run').reverse();
  const folder = place.path(`run/checkpoints/${newest.replace('.safetensors', '.specialists')}`);
  mkdirSync(folder);
  const ids = ['small', 'medium', 'full'].flatMap((size) =>
    ['clean', 'noisy', 'very-noisy'].map((noise) => `${size}-${noise}`),
  );
  const exported = await place.run('export', '-m', 'run', '-o', 'weights');
  assert.equal(exported.code, 0, exported.stderr);
  const [, file = ''] = /(\S+\.safetensors)/.exec(exported.stdout) ?? [];
  for (const id of ids.slice(1)) cpSync(place.path(file), `${folder}/${id}.safetensors`);
  const missing = await rank();
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /E_SPECIALISTS: .* holds no specialist of task small-clean/);

  cpSync(place.path(file), `${folder}/small-clean.safetensors`);
  const same = await rank('--json');
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stderr, /W_RANK.* the gap is the same for every draw/);
  const { protocol, ranking } = told(same);
  assert.equal(protocol.gapTo, 'specialist');
  assert.equal(ranking.spread.gap.mean, 0);
  assert.doesNotMatch(same.stdout, /NaN/);

  const [first = ''] = place.checkpoints('run');
  cpSync(place.path(`run/checkpoints/${first}`), `${folder}/full-clean.safetensors`);
  const one = told(await rank('--json'));
  const found = one.ranking.grids.find(({ name }) => name === 'default')?.r2.gap?.fitted ?? 0;
  assert.ok(found > 0.3, `the gap lies in one task: ${found}`);
});

it('says what it lacks', async () => {
  const alone = await place.run('tasks', 'rank', 'weights/nothing.safetensors');
  assert.equal(alone.code, 9);
  const unknown = await rank('--by', 'beauty');
  assert.equal(unknown.code, 2);
  assert.equal(existsSync(place.path('beauty')), false);
});
