// Does a setting cost quality? Trains one small network with and without it, from the same seeds, and compares the PSNR of
// the probes. How far seeds lie apart by themselves is the noise that a difference is measured by.
//
//   node scripts/convergence.mjs --photos FOLDER --set training.accumulate=2
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `node scripts/convergence.mjs --photos FOLDER [options]

  --photos FOLDER   photographs to train on
  --set KEY=VALUE   the setting that is compared with the default; more than one may be given.
                    Without any only the noise is measured
  --seeds LIST      one run of each kind for every seed (1,2,3)
  --steps N         of every run (2000)
  --output FOLDER   where the runs lie; those that are complete are not trained again (convergence)

Exit code 4 when the setting is worse than the default by more than the noise.`;

const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
const measurements = 10;
/** PSNR moves from step to step: what counts is the mean of the last measurements. */
const counted = 3;

const configuration = (photos, steps) => `name: convergence
images: {train: ${JSON.stringify(photos)}, setAside: 0.2}
degradation: {margin: 2}
balance: {rule: natural, references: null}
network: {type: srvgg, numFeat: 32, numConv: 8}
training: {steps: ${steps}, batchSize: 8, lqSize: 24, learningRate: 1e-3, emaDecay: 0.99, device: cpu, replayEvery: 0}
validation: {every: ${Math.max(1, Math.floor(steps / measurements))}, samplesPerTask: 8, pictures: 0}
checkpoint: {every: ${steps}}
log: {every: ${Math.max(1, Math.floor(steps / 20))}, tensorboard: false, report: false}
`;

/** Lines of a run's metrics that hold a PSNR, if its last step is there. */
function measured(folder, steps) {
  const file = join(folder, 'metrics.jsonl');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
  if (lines.at(-1)?.step !== steps) return undefined;
  return lines.filter(({ psnr }) => typeof psnr === 'number');
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const decibels = (value) => `${value >= 0 ? '+' : '-'}${Math.abs(value).toFixed(3)} dB`;

/** PSNR that a run ends with, trained unless it has been. */
function psnrOf(name, { output, steps }, keys) {
  const folder = join(output, name);
  if (!measured(folder, steps)) {
    rmSync(folder, { recursive: true, force: true });
    const flags = keys.flatMap((key) => ['--set', key]);
    const args = [cli, 'train', join(output, 'config.yaml'), '-o', folder, ...flags];
    const run = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.stderr}`);
  }
  const lines = measured(folder, steps);
  const psnr = mean(lines.slice(-counted).map((line) => line.psnr));
  console.log(`${name}: ${psnr.toFixed(3)} dB, loss ${lines.at(-1).loss.toPrecision(4)}`);
  return psnr;
}

function compare({ photos, set, seeds, steps, output }) {
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'config.yaml'), configuration(resolve(photos), steps));
  const all = (kind, keys) =>
    seeds.map((seed) => psnrOf(`${kind}-${seed}`, { output, steps }, [...keys, `seed=${seed}`]));
  const usual = all('default', []);
  const noise = Math.max(...usual) - Math.min(...usual);
  console.log(`noise: seeds of the default lie ${noise.toFixed(3)} dB apart`);
  if (set.length === 0) return 0;
  const changed = all(set.join('_').replaceAll(/[^\w.=-]/g, '_'), set);
  const difference = mean(changed) - mean(usual);
  const worse = difference < -noise;
  const verdict = worse ? 'worse by more than the noise' : 'within the noise, or better';
  console.log(`${set.join(' ')}: ${decibels(difference)} on the mean, ${verdict}`);
  return worse ? 4 : 0;
}

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string', default: '2000' },
    output: { type: 'string', default: 'convergence' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help || !values.photos) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
const seeds = values.seeds.split(',').map(Number);
process.exitCode = compare({
  ...values,
  ...{ seeds, steps: Number(values.steps), output: resolve(values.output) },
});
