/** The frame of every page that we write: head, heading, links to the sections, footer, script. */
import { createHash } from 'node:crypto';
import { generatorTag } from './generator.ts';
import { type Content, html, trusted } from './html.ts';
import { sliderScript } from './slider.ts';
import { style } from './style.ts';

/** Nothing may be loaded, only our own script may run; even hostile text in the page can do neither. */
function contentPolicy(): string {
  const hash = createHash('sha256').update(sliderScript).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

export interface Frame {
  /** Of the window, and of the page. */
  title: string;
  heading: string;
  /** One line below the heading: what it is of, when and by what it was made. */
  made: string;
  links: readonly { id: string; text: string }[];
  sections: Content;
  footer: string;
}

/** A whole page as text; everything that it shows is in it. */
export function renderDocument({ title, heading, made, links, sections, footer }: Frame): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${trusted(generatorTag)}
<meta http-equiv="Content-Security-Policy" content="${trusted(contentPolicy())}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
<p class="made">${made}</p>
<nav aria-label="Sections"><ul>${links.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>
<main>
${sections}
</main>
<footer>${footer}</footer>
<script>${trusted(sliderScript)}</script>
</body>
</html>
`;
  return page.text;
}
