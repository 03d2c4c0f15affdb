/** What came out, in a few numbers for each run. */
import { count, decibels, duration, percent, signed, significant, whole } from '../format.ts';
import { contentOf } from '../gather/piece.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Html, html } from '../html.ts';
import { bicubicPsnr, difference, finalPsnr, linesOf, meanOf } from '../model.ts';
import { runHeading, section } from './parts.ts';

interface Fact {
  label: string;
  value: string;
  detail?: string;
}

/** Several runs stand beside each other. */
export function glanceSection(runs: readonly RunFacts[]): Html {
  const cards = runs.map(
    (run) => html`<div class="run">${runHeading(run)}
<p class="status">${statusOf(run)}</p>
<dl class="facts">${factsOf(run).map(
      ({ label, value, detail }) =>
        html`<div><dt>${label}</dt><dd>${value}${detail ? html` <small>${detail}</small>` : ''}</dd></div>`,
    )}</dl></div>
`,
  );
  return section(
    {
      id: 'glance',
      title: 'At a glance',
      lead: 'PSNR of Y on the probes: fixed crops of validation photographs, damaged the same way at every measurement. Means give every task the same weight.',
    },
    html`<div class="runs">${cards}</div>`,
  );
}

function statusOf(run: RunFacts): string {
  const status = contentOf(run.events)?.status ?? 'report.jsonl cannot be read';
  const step = linesOf(run).at(-1)?.step;
  const steps = contentOf(run.config)?.training.steps;
  if (step === undefined) return `${status}; nothing is logged yet`;
  if (contentOf(run.events)?.finished) return status;
  const of = steps === undefined ? '' : ` of ${whole(steps)}`;
  return `${status} (step ${whole(step)}${of} is logged)`;
}

function factsOf(run: RunFacts): Fact[] {
  const final = finalPsnr(run);
  const mean = meanOf(final);
  return [
    {
      label: 'mean PSNR',
      value: decibels(mean),
      ...(mean === null ? { detail: 'not measured yet' } : {}),
    },
    ...gainFacts(run),
    ...worstFact(run),
    ...timeFacts(run),
  ];
}

function gainFacts(run: RunFacts): Fact[] {
  const bicubic = bicubicPsnr(run);
  if (!bicubic) return [{ label: 'over bicubic', value: '–', detail: 'see below' }];
  const gains = difference(finalPsnr(run), bicubic);
  const known = Object.values(gains).filter((gain) => gain !== null);
  const better = known.filter((gain) => gain > 0).length;
  return [
    { label: 'over bicubic', value: `${signed(meanOf(gains))} dB`, detail: 'in the mean' },
    { label: 'better than bicubic', value: `${better} of ${known.length}`, detail: 'tasks' },
  ];
}

function worstFact(run: RunFacts): Fact[] {
  const known = Object.entries(finalPsnr(run)).filter(
    (entry): entry is [string, number] => entry[1] !== null,
  );
  if (known.length === 0) return [];
  const [id, psnr] = known.reduce((a, b) => (b[1] < a[1] ? b : a));
  return [{ label: 'lowest task', value: decibels(psnr), detail: id }];
}

function timeFacts(run: RunFacts): Fact[] {
  const events = contentOf(run.events);
  const last = events?.speeds.at(-1);
  const facts: Fact[] = [];
  if (events && events.trained !== null) {
    const resumes =
      events.resumes > 0 ? `resumed ${count(events.resumes, 'time')}` : 'with measurements';
    facts.push({ label: 'time', value: duration(events.trained), detail: resumes });
  }
  if (last) {
    const waited = `network ${percent(last.network, 0)} of a step`;
    facts.push({
      label: 'speed at last',
      value: significant(last.imagesPerSecond),
      detail: `images/s, ${waited}`,
    });
  }
  return facts;
}
