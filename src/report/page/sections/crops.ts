/** Before and after: crops with a slider, and the worst ones. */
import { decibels, signed, whole } from '../format.ts';
import type { CropPictures, RunPictures } from '../gather/pictures.ts';
import { contentOf, reasonOf } from '../gather/piece.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';
import type { RunGroup } from '../model.ts';
import { missing, picture, runHeading, runName, section } from './parts.ts';

interface Shown {
  run: RunFacts;
  pictures: RunPictures;
}

export function cropsSection({ runs }: RunGroup, prefix: string): Html {
  const shown = shownRuns(runs);
  return section(
    {
      id: `${prefix}crops`,
      title: 'Before and after',
      lead: 'One crop of a validation photograph for each task, which training has not seen: of five random crops the one with median detail. Pictures are compressed (WebP, quality 90) to keep this file small; PSNR was measured before that.',
    },
    runs.map((run) => unavailable(run)),
    byProbes(shown).map(
      (
        same,
      ) => html`<div class="cards">${(same[0] as Shown).pictures.examples.map((_, at) => compareCard(same, at))}</div>
`,
    ),
  );
}

function shownRuns(runs: readonly RunFacts[]): Shown[] {
  return runs.flatMap((run) => {
    const pictures = contentOf(run.pictures);
    return pictures ? [{ run, pictures }] : [];
  });
}

function unavailable(run: RunFacts): Content {
  const reason = reasonOf(run.pictures);
  return reason && missing(`${runName(run)}: there are no pictures. ${reason}`);
}

/** Runs with the same crops share their pictures of lq, bicubic and gt. */
function byProbes(shown: readonly Shown[]): Shown[][] {
  const groups = new Map<string, Shown[]>();
  for (const one of shown) {
    const group = groups.get(one.pictures.key);
    if (group) group.push(one);
    else groups.set(one.pictures.key, [one]);
  }
  return [...groups.values()];
}

function resultName({ run }: Shown): string {
  return run.letter ? `result of ${run.letter}` : 'result';
}

function compareCard(shown: readonly Shown[], at: number): Html {
  const crop = shown[0]?.pictures.examples[at] as CropPictures;
  const results = shown.flatMap((one) => {
    const own = one.pictures.examples[at];
    return own ? [{ name: resultName(one), sr: own.sr, psnr: own.psnr }] : [];
  });
  const told = results.map(
    ({ name, psnr }) =>
      html`${name} ${decibels(psnr)} <span class="delta">(${signed(psnr - crop.bicubicPsnr)})</span>`,
  );
  return html`<article class="crop" data-compare="${crop.task}"><h3>${crop.task}</h3>
<p class="fine">bicubic ${decibels(crop.bicubicPsnr)}${told.map((one) => html`, ${one}`)}</p>
${versions(crop, results)}
<p class="fine">${crop.photo}</p>
</article>
`;
}

/** The pictures side by side, smaller; the slider takes them from here. */
function versions(
  crop: CropPictures,
  results: readonly { name: string; sr: CropPictures['sr'] }[],
): Html {
  const of = `of ${crop.photo}, task ${crop.task}`;
  const version = (name: string, image: Html, kind = '') =>
    html`<figure class="${kind}" data-name="${name}">${image}<figcaption>${name}</figcaption></figure>`;
  return html`<div class="versions" style="--count:${Math.min(5, results.length + 3)}">
${version('lq', picture(crop.lq, `low-quality input ${of}, ${crop.lq.width} × ${crop.lq.height} pixels, enlarged`, crop.gt), 'pixels')}
${version('bicubic', picture(crop.bicubic, `bicubic interpolation ${of}`, crop.gt))}
${results.map(({ name, sr }) => version(name, picture(sr, `${name} ${of}`, crop.gt)))}
${version('gt', picture(crop.gt, `ground truth ${of}`, crop.gt))}
</div>`;
}

export function worstSection({ runs }: RunGroup, prefix: string): Html {
  return section(
    {
      id: `${prefix}worst`,
      title: 'The worst crops',
      lead: 'Where to look for what the network does wrong: among all probes those with the lowest PSNR (one of each photograph), and of each task the one where it gains least over bicubic, or loses most.',
    },
    shownRuns(runs).map(
      ({ run, pictures: { lowest, leastGain, step } }) => html`${runHeading(run)}
<p class="fine">${step === null ? '' : `Checkpoint of step ${whole(step)}.`}</p>
<h4>Lowest PSNR</h4><div class="cards worst">${lowest.map(worstCard)}</div>
<h4>Least gain over bicubic, by task</h4><div class="cards worst">${leastGain.map(worstCard)}</div>
`,
    ),
    runs.map((run) => unavailable(run)),
  );
}

function worstCard(crop: CropPictures): Html {
  const gain = crop.psnr - crop.bicubicPsnr;
  return html`<article class="crop"><h5>${crop.task}</h5>
<p class="fine">${decibels(crop.psnr)}, bicubic ${decibels(crop.bicubicPsnr)} <span class="delta">(${signed(gain)})</span></p>
${versions(crop, [{ name: 'result', sr: crop.sr }])}
<p class="fine">${crop.photo}</p></article>
`;
}
