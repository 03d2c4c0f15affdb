import { distance } from 'fastest-levenshtein';
import {
  allKeys,
  branches,
  jsonSchema,
  namesOf,
  type SchemaNode,
  schemaAt,
} from './config-json-schema.ts';

/** What the field's configuration files (BasicSR and its descendants) call our keys. */
const fieldWords: Record<string, string> = {
  manualseed: 'seed',
  datarootgt: 'images.train',
  networkg: 'network',
  networkd: 'discriminator',
  pretrainnetworkg: 'network.weights',
  pretrainnetworkd: 'discriminator.weights',
  gtsize: 'training.lqSize',
  batchsizepergpu: 'training.batchSize',
  accumiter: 'training.accumulate',
  totaliter: 'training.steps',
  iterations: 'training.steps',
  lr: 'training.learningRate',
  optimg: 'training.optimizer',
  optimd: 'discriminator.optimizer',
  scheduler: 'training.schedule',
  pixelopt: 'training.loss',
  perceptualopt: 'training.loss.perceptual',
  ganopt: 'training.loss.gan',
  valfreq: 'validation.every',
  cropborder: 'validation.border',
  savecheckpointfreq: 'checkpoint.every',
  printfreq: 'log.every',
  usetblogger: 'log.tensorboard',
  gtusm: 'degradation.usm',
  l1gtusm: 'training.loss.gtUsm',
  percepgtusm: 'training.loss.perceptual.gtUsm',
  gangtusm: 'training.loss.gan.gtUsm',
};

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}

/** How far a written name is from a known one: 0 the same, infinite if nobody meant that. */
function mismatch(written: string, known: string): number {
  const [a, b] = [plain(written), plain(known)];
  if (a === b) return 0;
  const edits = distance(a, b);
  if (edits <= Math.max(1, Math.floor(0.4 * b.length))) return edits;
  const abbreviates = a.length >= 2 && a[0] === b[0] && isSubsequence(a, b);
  return abbreviates ? 4 : Number.POSITIVE_INFINITY;
}

/** The best of `known` for what was written, if any is near enough. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const scored = known.map((name) => ({ name, score: mismatch(written, name) }));
  const best = scored.reduce(
    (a, b) => (b.score < a.score ? b : a),
    scored[0] ?? { name: '', score: 99 },
  );
  return best.score < 99 ? best.name : undefined;
}

/** The key that was probably meant by the unknown key at `path`: a sibling first, then any other. */
export function suggestKey(
  path: readonly PropertyKey[],
  schema: SchemaNode = jsonSchema,
): string | undefined {
  const written = String(path.at(-1));
  const parent = path.slice(0, -1);
  const siblings = schemaAt(parent, schema).flatMap(branches).flatMap(namesOf);
  const sibling = nearest(written, siblings);
  if (sibling) return [...parent, sibling].join('.');
  const word = fieldWords[plain(written)];
  const keys = allKeys(schema);
  if (word && keys.includes(word)) return word;
  const last = nearest(written, [...new Set(keys.map((key) => key.split('.').at(-1) as string))]);
  const matches = keys.filter((key) => key.split('.').at(-1) === last);
  return matches.length === 1 || (last && plain(last) === plain(written)) ? matches[0] : undefined;
}

/** JSON Schema says of every integer that it is a safe one; nobody wants to read that. */
const isBound = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function bounds(node: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = node;
  if (isBound(minimum) && isBound(maximum)) return `from ${minimum} to ${maximum}`;
  const low = isBound(above)
    ? `greater than ${above}`
    : isBound(minimum) && `of at least ${minimum}`;
  const high = isBound(below) ? `less than ${below}` : isBound(maximum) && `at most ${maximum}`;
  return [low, high].filter(Boolean).join(' and ');
}

/** What a schema node accepts, in words. */
export function expected(node: SchemaNode): string {
  const options = node.oneOf ?? node.anyOf;
  if (options) return [...new Set(options.map(expected))].join(' or ');
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
    case 'number':
      return [node.type === 'integer' ? 'an integer' : 'a number', bounds(node)]
        .filter(Boolean)
        .join(' ');
    case 'boolean':
      return 'true or false';
    case 'array':
      if (node.prefixItems)
        return `a list of ${node.prefixItems.length}: ${node.prefixItems.map(expected).join(', ')}`;
      return `a list${node.minItems ? ` of at least ${node.minItems}` : ''}, each ${expected(node.items ?? {})}`;
    case 'object':
      return 'a mapping (key: value)';
    case 'null':
      return 'null';
    case 'string':
      return node.minLength ? 'text that is not empty' : 'text';
    default:
      return 'something else';
  }
}

/** A value as it was written, short enough for one line. */
export function received(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (typeof value === 'number' && Number.isNaN(value)) return '.nan';
  if (value === Number.POSITIVE_INFINITY) return '.inf (too large a number)';
  if (value === Number.NEGATIVE_INFINITY) return '-.inf (too large a number)';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
