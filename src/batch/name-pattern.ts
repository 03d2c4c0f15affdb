/** How outputs are named: `{name}_x{scale}`. */
import { distance } from 'fastest-levenshtein';
import { EvensrError, exitCodes } from '../errors.ts';
import { type ByteName, bytesOfText } from './byte-name.ts';

const fields = ['name', 'ext', 'scale', 'model'] as const;
type Field = (typeof fields)[number];

/** What a name is made of: the input's name without and of its extension, the scale, the model's name. */
export type NameFields = Record<Field, ByteName>;

/** Makes the name of an output, without its extension. */
export type NamePattern = (values: NameFields) => ByteName;

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_USAGE', exitCodes.usage, message, { hint });
}

function isField(word: string): word is Field {
  return (fields as readonly string[]).includes(word);
}

function fieldOf(word: string, pattern: string): Field {
  if (isField(word)) return word;
  const nearest = fields.find((field) => distance(field, word) <= 2);
  throw usage(
    `the name pattern "${pattern}" has an unknown field {${word}}`,
    nearest ? `did you mean {${nearest}}?` : `fields are ${fields.map((f) => `{${f}}`).join(' ')}`,
  );
}

/**
 * Reads a pattern; `{{` and `}}` stand for braces.
 * Throws E_USAGE for an unknown field, a lone brace, a slash, and a pattern without characters.
 */
export function parseNamePattern(pattern: string): NamePattern {
  if (pattern === '' || /[/\0]/.test(pattern))
    throw usage(
      `"${pattern}" is no pattern for names`,
      'subfolders are kept as they are; give {name}_x4',
    );
  const parts: (ByteName | { field: Field })[] = [];
  for (const [token, word] of pattern.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (word !== undefined) parts.push({ field: fieldOf(word, pattern) });
    else if (token === '{' || token === '}')
      throw usage(`the name pattern "${pattern}" has a lone ${token}`, `write ${token}${token}`);
    else parts.push(bytesOfText(token === '{{' || token === '}}' ? token.slice(1) : token));
  }
  return (values) =>
    parts
      .map((part) => (typeof part === 'string' ? part : values[part.field]))
      .join('') as ByteName;
}
