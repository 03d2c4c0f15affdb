import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { inceptionLayers, inceptionStem } from '../../src/network/inception-stem.ts';
import { encodeSafetensors } from '../../src/network/safetensors.ts';
import { elements } from '../../src/network/spec.ts';
import { srvgg } from '../../src/network/srvgg.ts';
import { brisqueTexts } from '../brisque-files.ts';
import { writeFeaturesFile } from '../features-file.ts';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'evensr-evaluate-'));
const pathOf = (...names: string[]) => join(root, ...names);
const env = { ...process.env, XDG_CACHE_HOME: pathOf('cache'), NO_COLOR: '1' };
const model = pathOf('nearest.safetensors');
const evaluate = (...args: string[]) =>
  spawnSync(process.execPath, [cli, 'evaluate', '-m', model, ...args], { encoding: 'utf8', env });
const documentOf = (...args: string[]) => {
  const result = evaluate(...args, '--json');
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};

/** All weights the same; with 0, what is left of SRVGG is its nearest upsampling. */
function writeModel(path: string, value: number): void {
  const { parameters } = srvgg({ scale: 4, numFeat: 4, numConv: 0 });
  const tensors = parameters.map(({ name, shape }) => ({
    name,
    shape,
    data: new Float32Array(elements(shape)).fill(value),
  }));
  writeFileSync(path, Buffer.concat(encodeSafetensors(tensors)));
}

type Paint = (x: number, y: number, c: number) => number;

async function paint(path: string, width: number, height: number, value: Paint): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  );
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
}

const wave: Paint = (x, y, c) => 128 + 60 * Math.sin(x / (5 + c)) + 50 * Math.cos((y + x) / 9);
const quarter =
  (paintOf: Paint): Paint =>
  (x, y, c) =>
    paintOf(Math.floor(x / 4), Math.floor(y / 4), c);

before(async () => {
  writeModel(model, 0);
  await paint(pathOf('photos', 'a.png'), 200, 180, wave);
  await paint(pathOf('photos', 'b.png'), 200, 210, (x, y, c) => wave(y, 2 * x, c));
});
after(() => rmSync(root, { recursive: true, force: true }));

describe('evensr evaluate on photographs', () => {
  const args = () => ['-i', pathOf('photos'), '--crop', '96', '--samples', '2'];

  it("scores every image blindly by OpenCV's files", () => {
    const { model: text, range } = brisqueTexts();
    const [folder, out] = [pathOf('quality'), pathOf('with-brisque')];
    mkdirSync(folder);
    writeFileSync(join(folder, 'brisque_model_live.yml'), text);
    writeFileSync(join(folder, 'brisque_range_live.yml'), range);
    const options = [...args(), '--tasks', 'full-clean', '--brisque', folder];
    const result = evaluate(...options, '-o', out);
    assert.equal(result.status, 0, result.stderr);
    const { protocol, scores } = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8'));
    assert.match(protocol.brisque, /^BRISQUE as OpenCV/);
    assert.equal(protocol.distance, undefined);
    for (const { model: own, bicubic } of scores)
      for (const { brisque, distance } of [own, bicubic])
        assert.ok(brisque >= 26 && brisque <= 40 && distance === undefined, `${brisque}`);
    assert.match(readFileSync(join(out, 'evaluation.csv'), 'utf8'), /,difference_brisque,/);
    rmSync(join(folder, 'brisque_range_live.yml'));
    const damaged = evaluate(...options);
    assert.equal(damaged.status, 9);
    assert.match(damaged.stderr, /brisque_range_live\.yml cannot be opened.*opencv-data/);
  });

  it('measures the feature distance of every image when it has the network', () => {
    const file = pathOf('inception.safetensors');
    writeFeaturesFile(file, inceptionStem(inceptionLayers));
    const out = pathOf('with-distance');
    const result = evaluate(...args(), '--tasks', 'full-clean', '--distance', file, '-o', out);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /distance +Δ distance/);
    const { protocol, tasks, scores } = JSON.parse(
      readFileSync(join(out, 'evaluation.json'), 'utf8'),
    );
    assert.match(protocol.distance, /^feature distance, InceptionV3 \(activation_1, .*mixed_1/);
    assert.equal(scores.length, 2);
    const distances = scores.map((one: { model: { distance: number } }) => one.model.distance);
    for (const { model: own, bicubic } of scores)
      assert.ok(own.distance > 0 && bicubic.distance > 0 && own.distance !== bicubic.distance);
    const mean = (distances[0] + distances[1]) / 2;
    assert.ok(Math.abs(tasks.macro.model.distance.mean - mean) < 1e-12);
    const [header, line] = readFileSync(join(out, 'evaluation.csv'), 'utf8').split('\r\n');
    const at = header?.split(',').indexOf('model_distance') ?? -1;
    assert.ok(Math.abs(Number(line?.split(',')[at]) - mean) < 1e-12);
    const none = evaluate(...args(), '--distance', pathOf('none.safetensors'));
    assert.equal(none.status, 9);
    assert.match(none.stderr, /none\.safetensors.*inception-features\.mjs/);
  });

  it('scores every task, their means and the natural mixture, with the protocol', () => {
    const { protocol, model: info, tasks, others } = documentOf(...args(), '--seed', '5');
    assert.equal(tasks.tasks.length, 9);
    assert.deepEqual(
      others.map(({ id, images }: { id: string; images: number }) => [id, images]),
      [['natural', 2]],
    );
    const { border, scale, degradation, photos } = protocol;
    assert.deepEqual([border, scale, photos.count], [4, 4, 2]);
    const { crop, margin, seed, samplesPerSet, space } = degradation;
    assert.deepEqual([crop, margin, seed, samplesPerSet], [96, 8, 5, 2]);
    assert.match(space, /^[0-9a-f]{64}$/);
    assert.deepEqual([info.network.type, info.step, info.parameters], ['srvgg', null, 1892]);
    const means = tasks.tasks.map(
      (set: { model: { psnrY: { mean: number } } }) => set.model.psnrY.mean,
    );
    const mean = means.reduce((a: number, b: number) => a + b, 0) / 9;
    assert.ok(Math.abs(tasks.macro.model.psnrY.mean - mean) < 1e-9);
    assert.equal(tasks.tasks[means.indexOf(Math.min(...means))].id, tasks.worst);
  });

  it('scores the same images whichever tasks are asked for, and others with another seed', () => {
    const all = documentOf(...args()).tasks.tasks;
    const one = documentOf(...args(), '--tasks', 'medium-noisy').tasks.tasks;
    assert.deepEqual(
      one,
      all.filter((set: { id: string }) => set.id === 'medium-noisy'),
    );
    const other = documentOf(...args(), '--tasks', 'medium-noisy', '--seed', '1').tasks.tasks;
    assert.notDeepEqual(other, one);
  });

  it('prints a table and writes JSON, CSV and pictures', async () => {
    const out = pathOf('scores');
    const csv = pathOf('scores.csv');
    const result = evaluate(...args(), '--tasks', 'full-clean,natural', '-o', out, '--csv', csv);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /^full-clean +\d+\.\d % +\d+\.\d\d +\d+\.\d\d/m);
    assert.match(result.stdout, /^natural /m);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    assert.equal(lines.length, 5);
    assert.ok(lines.every((line) => line.split(',').length === 39));
    assert.equal(readFileSync(join(out, 'evaluation.csv'), 'utf8'), readFileSync(csv, 'utf8'));
    const { scores } = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8'));
    assert.deepEqual(
      scores.map((score: { photo: string }) => score.photo),
      ['a.png', 'b.png', 'a.png', 'b.png'],
    );
    assert.ok((await sharp(join(out, 'examples.png')).metadata()).width > 4 * 96);
    assert.match(evaluate(...args(), '--csv', csv).stderr, /E_EXISTS/);
    assert.match(evaluate(...args(), '-o', out).stderr, /E_EXISTS/);
  });

  it('names the photograph of which the network makes nothing finite', () => {
    writeModel(pathOf('infinite.safetensors'), 3e38);
    const result = evaluate(...args(), '-m', pathOf('infinite.safetensors'));
    assert.equal(result.status, 9, result.stderr);
    assert.match(
      result.stderr,
      /^evensr: E_OUTPUT_NONFINITE: a\.png, set [a-z-]+: .* not finite - try another/m,
    );
  });

  it('refuses what it cannot score with a code', () => {
    const refused = (status: number, code: RegExp, ...options: string[]) => {
      const result = evaluate(...options);
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr, code);
    };
    refused(2, /E_USAGE/);
    refused(2, /E_USAGE/, '-i', pathOf('photos'), '--lq', root, '--gt', root);
    refused(2, /E_TASK: there is no task tiny/, ...args(), '--tasks', 'tiny');
    refused(2, /E_CROP/, ...args(), '--crop', '42');
    refused(2, /E_CROP: a border of 43 .*--border 42/, ...args(), '--border', '43');
    refused(5, /E_DISK: .*ENOENT/, ...args(), '--csv', pathOf('absent', 'scores.csv'));
    refused(5, /E_DISK: .*ENOTDIR/, ...args(), '--csv', pathOf('photos', 'a.png', 'scores.csv'));
    refused(3, /E_DATA_BAD: 1 of 2.*--max-bad/, ...args(), '--crop', '128');
    refused(4, /E_IMG_SMALL: .*a\.png.* - skipped/, ...args(), '--crop', '128', '--max-bad', '0.5');
    refused(9, /E_MODEL/, ...args(), '-m', pathOf('nothing'));
    refused(3, /E_DATA/, '-i', pathOf('absent'));
    refused(5, /E_DISK: .* is no folder/, ...args(), '-o', model);
    refused(5, /E_DISK: .*out is no folder/, ...args(), '-o', join(model, 'out'));
    refused(2, /E_PATH: .* lies inside the input/, ...args(), '-o', pathOf('photos', 'out'));
  });
});

describe('evensr evaluate of a run', () => {
  const run = () => pathOf('run');
  const args = () => ['-i', pathOf('photos'), '--crop', '96', '--samples', '2'];
  const checkpoint = (step: number) =>
    join(run(), 'checkpoints', `step-0000000${step}.safetensors`);

  before(() => {
    const config = pathOf('config.yaml');
    writeFileSync(
      config,
      `images: {train: photos}
tasks: {boundaries: {noise: [12]}}
network: {numFeat: 4, numConv: 1}
training: {steps: 2, batchSize: 2, lqSize: 24, threads: 1}
balance: {rule: natural}
validation: {samplesPerTask: 1, pictures: 0}
checkpoint: {every: 1}
`,
    );
    const command = [cli, 'train', config, '-o', run()];
    const result = spawnSync(process.execPath, command, { encoding: 'utf8', env });
    assert.equal(result.status, 0, result.stderr);
  });

  it('takes the newest checkpoint, its moving average, and the tasks of the run', () => {
    const found = documentOf(...args(), '-m', run());
    assert.deepEqual([found.model.step, found.model.weights], [2, 'ema']);
    assert.deepEqual(
      found.tasks.tasks.map((task: { id: string }) => task.id),
      ['clean', 'noisy'],
    );
    const same = documentOf(...args(), '-m', checkpoint(2));
    assert.deepEqual(same.tasks, found.tasks);
    const last = documentOf(...args(), '-m', run(), '--weights', 'params');
    assert.notDeepEqual(last.tasks.macro.model, found.tasks.macro.model);
    const other = documentOf(...args(), '-m', checkpoint(1));
    assert.equal(other.model.step, 1);
  });

  it('says which checkpoint is damaged, takes the one before and leaves the run as it is', () => {
    const bytes = readFileSync(checkpoint(2));
    writeFileSync(checkpoint(2), bytes.fill(7, bytes.length - 40));
    const result = evaluate(...args(), '-m', run(), '--json');
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stderr, /W_CKPT: checkpoint 2 is bad/);
    assert.equal(JSON.parse(result.stdout).model.step, 1);
    assert.ok(existsSync(checkpoint(2)));
  });
});

describe('evensr evaluate on pairs', () => {
  const folders = () => ['--lq', pathOf('lq'), '--gt', pathOf('gt')];

  it('keeps identical images out of the mean and counts them as inf', async () => {
    await paint(pathOf('lq', 'samex4.png'), 20, 16, wave);
    await paint(pathOf('gt', 'same.png'), 80, 64, quarter(wave));
    await paint(pathOf('lq', 'sub', 'other.png'), 20, 16, wave);
    await paint(pathOf('gt', 'sub', 'other.png'), 80, 64, (x, y, c) => quarter(wave)(x, y, c) + 2);
    const [set] = documentOf(...folders()).others;
    assert.equal(set.images, 2);
    const { mean, count, infinite } = set.model.psnrRgb;
    assert.ok(Math.abs(mean - 10 * Math.log10(255 ** 2 / 4)) < 1e-9, `${mean}`);
    assert.deepEqual([count, infinite], [1, 1]);
    assert.match(evaluate(...folders()).stdout, /\(\+1 inf\)/);
  });

  it('refuses pairs that do not fit by name and scores the others', async () => {
    await paint(pathOf('lq', 'wide.png'), 20, 16, wave);
    await paint(pathOf('gt', 'wide.png'), 84, 64, wave);
    await sharp({ create: { width: 80, height: 64, channels: 3, background: '#777' } })
      .toColourspace('b-w')
      .toFile(pathOf('gt', 'gray.png'));
    await paint(pathOf('lq', 'gray.png'), 20, 16, wave);
    await paint(pathOf('lq', 'broken.png'), 20, 16, wave);
    writeFileSync(
      pathOf('gt', 'broken.png'),
      readFileSync(pathOf('gt', 'wide.png')).subarray(0, 200),
    );
    const result = evaluate(...folders(), '--json');
    assert.equal(result.status, 4, result.stderr);
    assert.match(result.stderr, /E_PAIR: wide\.png - gt is 84x64, lq 20x16: not exactly ×4/);
    assert.match(result.stderr, /E_PAIR: gray\.png - one of the two is gray/);
    assert.match(result.stderr, /E_IMG_TRUNCATED: broken\.png/);
    assert.equal(JSON.parse(result.stdout).others[0].images, 2);
  });

  it('refuses folders that do not pair up before anything is scored', async () => {
    await paint(pathOf('lq2', 'a.png'), 20, 16, wave);
    await paint(pathOf('gt2', 'a.png'), 80, 64, wave);
    await paint(pathOf('gt2', 'b.png'), 80, 64, wave);
    const missing = evaluate('--lq', pathOf('lq2'), '--gt', pathOf('gt2'));
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /E_PAIR: .*no partner for gt b\.png/);
    await paint(pathOf('lq2', 'b.png'), 20, 16, wave);
    await paint(pathOf('lq2', 'b.jpg'), 20, 16, wave);
    const twins = evaluate('--lq', pathOf('lq2'), '--gt', pathOf('gt2'), '-o', pathOf('none'));
    assert.equal(twins.status, 2);
    assert.match(twins.stderr, /E_PAIR: .*holds both b\.jpg and b\.png/);
    assert.equal(existsSync(pathOf('none', 'evaluation.json')), false);
  });
});
