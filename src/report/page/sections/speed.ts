/** Loss and speed of the training, and where the time of a step went. */
import { type Curve, curveChart } from '../charts/curves.ts';
import { type StepSplit, splitChart } from '../charts/split.ts';
import type { ValueAxis } from '../charts/theme.ts';
import { percent, significant, whole } from '../format.ts';
import { type MetricsLine, type Point, thinned } from '../gather/metrics.ts';
import { contentOf, reasonOf } from '../gather/piece.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Html, html } from '../html.ts';
import { linesOf } from '../model.ts';
import { chartFigure, missing, runName, section } from './parts.ts';
import { runKey } from './run-key.ts';

export function speedSection(runs: readonly RunFacts[]): Html {
  return section(
    { id: 'speed', title: 'Loss and speed' },
    runKey(runs),
    html`<div class="runs"><div class="run">${lossPart(runs)}</div><div class="run">${speedPart(runs)}</div>${partsPart(runs)}</div>`,
    html`<div class="run split">${splitPart(runs)}</div>`,
  );
}

/** Its marks are round numbers that may lie close together, far from 0. */
const lossAxis: ValueAxis = { close: true, ticks: 4, format: (value) => significant(value, 6) };

/** What a run's loss is made of. */
function lossKind(run: RunFacts): string {
  const loss = contentOf(run.config)?.training.loss;
  if (!loss) return 'unknown';
  const { type, perceptual, gan } = loss;
  return [type, perceptual && 'perceptual', gan && 'adversarial'].filter(Boolean).join(' + ');
}

function lossPart(runs: readonly RunFacts[]): Html {
  const kinds = new Set(runs.map(lossKind));
  const curves = lossCurves(runs, ({ loss }) => loss);
  const head = html`<h3>Loss</h3>`;
  if (curves.length === 0) return html`${head}${missing('No loss has been written yet.')}`;
  const comparable =
    kinds.size > 1 ? ' The runs have different losses, which cannot be compared.' : '';
  return html`${head}${figure({
    curves,
    axis: lossAxis,
    caption: `Training loss (${[...kinds].join(', ')}): thin the means between two lines of the log, thick a moving average of them; the axis does not begin at 0. The loss follows what is in the batches: quotas that favour hard tasks raise it.${comparable}`,
    told: (value) => significant(value),
    name: 'training loss',
  })}`;
}

/** A loss of every run that has it, and its moving average. */
function lossCurves(
  runs: readonly RunFacts[],
  lossOf: (line: MetricsLine) => number | null | undefined,
): Curve[] {
  return runs.flatMap((run): Curve[] => {
    const points = linesOf(run).flatMap((line): Point[] => {
      const loss = lossOf(line);
      return typeof loss === 'number' && loss > 0 ? [[line.step, loss]] : [];
    });
    return curveOf(run, points).map((curve) => ({
      ...curve,
      thin: curve.points,
      points: thinned(smoothed(points)),
    }));
  });
}

const parts: {
  title: string;
  caption: string;
  of: (line: MetricsLine) => number | null | undefined;
}[] = [
  {
    title: 'Pixel loss',
    caption: 'Not multiplied by its weight, as all of these.',
    of: (line) => line.parts?.pixel,
  },
  {
    title: 'Perceptual loss',
    caption: 'Differences of the features of VGG19, layers added with their weights.',
    of: (line) => line.parts?.perceptual,
  },
  {
    title: 'Error of the estimates',
    caption:
      'Mean square error of the severities that the network estimates, noise in units of 30 / 255.',
    of: (line) => line.parts?.estimate,
  },
  {
    title: 'Adversarial loss',
    caption: 'How clearly the discriminator tells what the network makes from photographs.',
    of: (line) => line.parts?.gan,
  },
  {
    title: 'Loss of the discriminator',
    caption:
      'On photographs and on what the network makes, added: near 0 it tells them apart without fail. Neither this nor the adversarial loss says how good the results are; PSNR and the pictures do.',
    of: (line) => line.discriminator?.loss,
  },
];

/** What the loss consists of, where that is several, and the discriminator's own. */
function partsPart(runs: readonly RunFacts[]): Html[] {
  return parts.flatMap(({ title, caption, of }) => {
    const curves = lossCurves(runs, of);
    if (curves.length === 0) return [];
    const name = title.toLowerCase();
    const told = (value: number) => significant(value);
    return html`<div class="run"><h3>${title}</h3>${figure({ curves, axis: lossAxis, caption, told, name })}</div>`;
  });
}

/** A line is the mean of few batches: what moves shows in the mean of many lines. */
function smoothed(points: readonly Point[]): Point[] {
  const reach = Math.ceil(points.length / 24);
  return points.map(([step], at): Point => {
    const near = points.slice(Math.max(0, at - reach), at + reach + 1);
    return [step, near.reduce((sum, [, value]) => sum + value, 0) / near.length];
  });
}

function speedPart(runs: readonly RunFacts[]): Html {
  const curves = runs.flatMap((run) => {
    const speeds = contentOf(run.events)?.speeds ?? [];
    return curveOf(
      run,
      speeds.map(({ step, imagesPerSecond }): Point => [step, imagesPerSecond]),
    );
  });
  const head = html`<h3>Speed</h3>`;
  if (curves.length === 0) return html`${head}${missing(whyNoSpeed(runs))}`;
  return html`${head}${figure({
    curves,
    axis: { min: 0, ticks: 4, format: (value) => whole(value) },
    caption:
      'Images a second, degraded and trained on; a moving average over about twenty steps. Measurements, specialists and saving are not counted.',
    told: (value) => `${significant(value)} images/s`,
    name: 'speed',
  })}`;
}

function whyNoSpeed(runs: readonly RunFacts[]): string {
  const reason = runs.map((run) => reasonOf(run.events)).find(Boolean);
  return `No speed is known. ${reason ?? 'report.jsonl does not hold it yet, or was written before evensr kept it.'}`;
}

function curveOf(run: RunFacts, points: readonly Point[]): Curve[] {
  return points.length > 0 ? [{ run: run.number, label: run.letter, points: thinned(points) }] : [];
}

function figure(of: {
  curves: readonly Curve[];
  axis: ValueAxis;
  caption: string;
  told: (value: number) => string;
  name: string;
}): Html {
  const { curves, axis, caption, told, name } = of;
  const alt = curves.map(({ label, points }) => {
    const [first, last] = [points[0] as Point, points.at(-1) as Point];
    return `${name}${label ? ` of ${label}` : ''} from ${told(first[1])} at step ${first[0]} to ${told(last[1])} at step ${last[0]}`;
  });
  return chartFigure({
    alt: alt.join('; '),
    wide: curveChart(curves, axis, { width: 500, height: 230 }),
    narrow: curveChart(curves, axis, { width: 306, height: 200 }),
    caption,
  });
}

function splitPart(runs: readonly RunFacts[]): Html {
  const splits = runs.flatMap((run) => {
    const split = meanSplit(run);
    return split ? [{ run, split }] : [];
  });
  const head = html`<h3>Where the time of a step went</h3>`;
  if (splits.length === 0) return html`${head}${missing(whyNoSpeed(runs))}`;
  const said = splits.map(({ run, split }) => {
    const { network, degrade, data, milliseconds } = split;
    return `${run.letter ? `${runName(run)}: ` : ''}${significant(milliseconds)} ms a step, of which ${percent(network, 0)} network, ${percent(degrade, 0)} waiting for degradations, ${percent(data, 0)} everything else`;
  });
  return html`${head}${chartFigure({
    alt: said.join('; '),
    wide: splitChart(
      splits.map(({ split }) => split),
      560,
    ),
    narrow: splitChart(
      splits.map(({ split }) => split),
      306,
    ),
    caption: `From left to right: ${said.join('. ')}. Means over the run. The next batch is degraded while the network trains; only what had to be waited for counts.`,
  })}`;
}

function meanSplit(run: RunFacts): (StepSplit & { milliseconds: number }) | undefined {
  const speeds = contentOf(run.events)?.speeds ?? [];
  if (speeds.length === 0) return undefined;
  const mean = (key: 'data' | 'degrade' | 'network' | 'milliseconds') =>
    speeds.reduce((sum, speed) => sum + speed[key], 0) / speeds.length;
  return {
    label: run.letter,
    data: mean('data'),
    degrade: mean('degrade'),
    network: mean('network'),
    milliseconds: mean('milliseconds'),
  };
}
