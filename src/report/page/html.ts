/** HTML from tagged templates: whatever is put in is escaped, unless it is HTML already. */

/** Text that is safe to stand in a page. Only `html` and `trusted` make it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control and format characters (some reverse the direction of text) and lone surrogates. */
const hidden = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Text with a replacement character for whatever could hide or reorder it; line ends and tabs stay. */
export function visible(text: string): string {
  return text.replace(hidden, '\ufffd');
}

/** Any text as it may stand between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] as string);
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(render).join('');
  return escapeText(String(content));
}

/** A piece of a page. Arrays are put one after the other; null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((text, part, at) => text + render(values[at - 1]) + part));
}

/** Text that is HTML already: what our own code wrote, never what came from a file. */
export function trusted(text: string): Html {
  return new Html(text);
}
