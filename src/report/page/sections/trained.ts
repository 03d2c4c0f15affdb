/** What was trained: configuration, data and what happened. */

import { completeConstants } from '../../../balance/constants.ts';
import { balanceRule } from '../../../balance/rules/index.ts';
import { featureLayers, featureNetworks } from '../../../network/feature-networks.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { conditioningOf } from '../../../train/config-change.ts';
import { count, time, whole } from '../format.ts';
import { contentOf, reasonOf } from '../gather/piece.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';
import { dataTable, folded, missing, runName, section } from './parts.ts';

type Cell = (config: TrainConfig, run: RunFacts) => string;

const rows: [string, Cell][] = [
  ['balance rule', ({ balance }) => balance.rule],
  ['constants of the rule', balanceText],
  ['network', networkText],
  [
    'weights shown',
    ({ training }) =>
      training.emaDecay ? `moving average, decay ${training.emaDecay}` : 'as trained',
  ],
  ['scale', ({ scale }) => `×${scale}`],
  ['steps and batch', stepsText],
  ['learning rate', ({ training }) => `${training.learningRate}, ${training.schedule.type}`],
  ['loss', lossText],
  ['discriminator', discriminatorText],
  ['degradations', degradationText],
  ['photographs', photosText],
  ['seed', ({ seed }) => String(seed)],
];

/** What distinguishes the runs is marked, in words too. */
export function trainedSection(runs: readonly RunFacts[]): Html {
  const readable = runs.filter((run) => contentOf(run.config));
  const table = rows.map(([label, cell]): Content[] => {
    const cells = readable.map((run) => cell(contentOf(run.config) as TrainConfig, run));
    const differs = new Set(cells).size > 1;
    return [
      differs ? html`${label} <span class="differs">differs</span>` : label,
      ...cells.map((text) => (differs ? html`<strong>${text}</strong>` : text)),
    ];
  });
  const columns = [{ title: '' }, ...readable.map((run) => ({ title: runName(run) }))];
  return section(
    {
      id: 'trained',
      title: 'What was trained',
      ...(runs.length > 1 ? { lead: 'Settings in which the runs differ are marked.' } : {}),
    },
    readable.length > 0
      ? html`<div class="settings">${dataTable('Settings', columns, table)}</div>`
      : '',
    runs.map((run) => [configProblem(run), configFold(run), damage(run), warningsFold(run)]),
  );
}

/** Rules whose shares come from focal weights. */
const focalRules = ['quota', 'loss-weight', 'plateau'];

function balanceText({ balance }: TrainConfig): string {
  const { gamma, lambda, floor, ceiling, warmup, every } = balance;
  const rule = balanceRule(balance.rule);
  const constants = Object.entries(completeConstants(rule, balance.constants));
  const isBounded = rule.steers === 'shares' || focalRules.includes(rule.name);
  const parts = [
    ...(focalRules.includes(rule.name) ? [`γ ${gamma}, λ ${lambda}`] : []),
    ...constants.map(([name, value]) => `${name} ${value}`),
  ];
  if (rule.decides === 'at updates') {
    if (isBounded) parts.push(`${floor} to ${ceiling} times the anchor`);
    parts.push(`from step ${whole(warmup)} every ${whole(every)}`);
  }
  return parts.join(', ') || 'none';
}

function networkText(config: TrainConfig, run: RunFacts): string {
  const { network } = config;
  const size =
    network.type === 'srvgg'
      ? `${network.numFeat} features, ${count(network.numConv, 'convolution')}`
      : `${network.numFeat} features, ${count(network.numBlock, 'block')}`;
  const parameters = contentOf(run.pictures)?.parameters;
  const condition = conditioningOf(config) ? ', conditioned' : '';
  return `${network.type}, ${size}${condition}${parameters ? `, ${whole(parameters)} parameters` : ''}`;
}

type Perceptual = NonNullable<TrainConfig['training']['loss']['perceptual']>;

/** `VGG19 (conv1_2,conv2_2)` */
function featuresText(perceptual: Perceptual): string {
  const layers = featureLayers(perceptual).map(([layer]) => layer);
  return `${featureNetworks[perceptual.network].title} (${layers})`;
}

function lossText({ training }: TrainConfig): string {
  const { type, weight, perceptual, gan } = training.loss;
  if (!perceptual && !gan) return type;
  return [
    `${weight} ${type}`,
    ...(perceptual ? [`${perceptual.weight} ${featuresText(perceptual)}`] : []),
    ...(gan ? [`${gan.weight} ${gan.type}`] : []),
  ].join(' + ');
}

function discriminatorText({ training, discriminator }: TrainConfig): string {
  if (!training.loss.gan) return 'none';
  const rate = discriminator.learningRate ?? training.learningRate;
  return `${discriminator.type}, ${discriminator.numFeat} features, learning rate ${rate}`;
}

function stepsText({ training, scale }: TrainConfig): string {
  const { steps, batchSize, lqSize } = training;
  const samples = whole(steps * batchSize);
  return `${whole(steps)} × ${batchSize} crops of ${lqSize}² → ${lqSize * scale}² pixels (${samples} samples)`;
}

function degradationText({ degradation }: TrainConfig): string {
  const { margin, usm, compat, poolSize, jpegBackend } = degradation;
  const drawn =
    compat === 'none'
      ? 'every sample for itself'
      : `batches as ${compat} draws them, mixed in a pool of ${poolSize}`;
  return `${drawn}, margin ${margin}, JPEG ${jpegBackend}${usm ? ', gt sharpened' : ''}`;
}

function photosText({ images }: TrainConfig, run: RunFacts): string {
  const { training, validation } = contentOf(run.events)?.photos ?? {};
  const probes = validation ?? contentOf(run.pictures)?.photos;
  const trainedOn = training === undefined ? '' : ` (${whole(training)} used)`;
  const held = probes === undefined ? '' : `; ${count(probes, 'photograph')} for the probes`;
  return `${images.train}${trainedOn}${held}`;
}

function configProblem(run: RunFacts): Content {
  const reason = reasonOf(run.config);
  return reason && missing(`${runName(run)}: the settings cannot be shown. ${reason}`);
}

function configFold(run: RunFacts): Content {
  const text = contentOf(run.configText);
  if (text === undefined) return missing(`${runName(run)}: ${reasonOf(run.configText)}`);
  return folded(`Complete configuration of ${runName(run)}`, html`<pre tabindex="0">${text}</pre>`);
}

/** Lines of the logs that could not be read are said, not hidden. */
function damage(run: RunFacts): Content {
  const lost = (contentOf(run.events)?.damaged ?? 0) + (contentOf(run.metrics)?.damaged ?? 0);
  if (lost === 0) return '';
  return missing(`${runName(run)}: ${count(lost, 'damaged line')} of its logs passed over.`);
}

const listed = 30;

function warningsFold(run: RunFacts): Content {
  const events = contentOf(run.events);
  if (!events) {
    return missing(`${runName(run)}: what happened is not known. ${reasonOf(run.events)}`);
  }
  const { warnings } = events;
  if (warnings.length === 0) return '';
  const items = warnings
    .slice(-listed)
    .map(({ time: at, code, text }) => html`<li>${time(at)} <code>${code}</code> ${text}</li>`);
  const more = warnings.length - items.length;
  return folded(
    `${count(warnings.length, 'warning')} of ${runName(run)}`,
    html`<ul>${more > 0 ? html`<li>${more} earlier ones</li>` : ''}${items}</ul>`,
  );
}
