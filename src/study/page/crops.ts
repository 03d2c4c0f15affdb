/** The same crops by every arm, with a slider. */
import { type Html, html } from '../../report/page/html.ts';
import { missing, picture, section } from '../../report/page/sections/parts.ts';
import type { StudyInput } from '../results-input.ts';
import type { CropCard } from './pictures.ts';

export function cropsSection({ photos }: StudyInput, crops: readonly CropCard[]): Html {
  const text = {
    id: 'crops',
    title: 'Crops',
    lead: 'The same test images by every arm. Choose what to compare on both sides of the slider. Pictures are compressed (WebP, quality 90) to keep this file small; scores were measured before that.',
  };
  if (crops.length === 0) return section(text, missing('There are no crops.'));
  return section(
    text,
    html`<div class="cards">${crops.map((crop) => card(crop, photos[crop.photo]?.name ?? 'a photograph'))}</div>`,
  );
}

function card({ task, pictures }: CropCard, photo: string): Html {
  const widths = pictures.map(({ picture: { width } }) => width);
  const largest = pictures[widths.indexOf(Math.max(...widths))]?.picture;
  if (!largest) return html`<article class="crop"><h3>${task}</h3></article>`;
  return html`<article class="crop" data-compare="${task}"><h3>${task}</h3>
<div class="versions" style="--count:${Math.min(4, pictures.length)}">
${pictures.map(({ label, picture: shown }) => {
  const alt = `${label} of ${photo}, task ${task}`;
  const kind = shown.width < largest.width ? 'pixels' : '';
  return html`<figure class="${kind}" data-name="${label}">${picture(shown, alt, largest)}<figcaption>${label}</figcaption></figure>
`;
})}</div>
<p class="fine">${photo}</p>
</article>
`;
}
