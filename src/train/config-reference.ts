import { branches, jsonSchema, type SchemaNode } from './config-json-schema.ts';
import { expected } from './config-messages.ts';

/** What can be said of one key. `only` names the members of a union (`type`, `name`) that have it. */
export interface KeyReference {
  key: string;
  accepts: string;
  /** As YAML; empty for a key that must be written, and for groups. */
  default: string;
  meaning: string;
  only?: string;
}

function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${yaml(inner)}`)
    .join(', ')}}`;
}

/** Whether a node is nothing but keys: not so where a plain value may stand instead. */
const hasKeys = (node: SchemaNode): boolean =>
  branches(node).every((branch) => branch.properties !== undefined);

function reference(key: string, node: SchemaNode, only: string | undefined): KeyReference {
  const isGroup = hasKeys(node);
  return {
    key,
    accepts: isGroup ? '' : expected(node),
    default: isGroup || node.default === undefined ? '' : yaml(node.default),
    meaning: node.description ?? '',
    ...(only ? { only } : {}),
  };
}

/** What tells a member of a union apart: its `type`, or its `name`. */
function memberName({ properties }: SchemaNode): string | undefined {
  const chosen = properties?.type?.const ?? properties?.name?.const;
  return chosen === undefined ? undefined : String(chosen);
}

function walk(node: SchemaNode, prefix: string, within?: string): KeyReference[] {
  const options = branches(node);
  return options.flatMap((branch) => {
    const only = options.length > 1 ? (memberName(branch) ?? within) : within;
    return Object.entries(branch.properties ?? {}).flatMap(([name, child]) => [
      reference(prefix + name, child, only),
      ...walk(child, `${prefix}${name}.`, only),
    ]);
  });
}

/** Members of a union that share a key share its line. */
function merged(all: readonly KeyReference[]): KeyReference[] {
  const lines = new Map<string, KeyReference>();
  for (const { only, ...one } of all) {
    const line = JSON.stringify(one);
    const others = lines.get(line)?.only;
    const members = [others, only].filter((member) => member !== undefined).join(', ');
    lines.set(line, { ...one, ...(members === '' ? {} : { only: members }) });
  }
  return [...lines.values()];
}

/** Every key that can be written, in the order of the schema. */
export function configReference(): KeyReference[] {
  return merged(walk(jsonSchema, ''));
}

const cell = (text: string): string => text.replace(/\|/g, '\\|');

/** The reference as Markdown: one table for each top-level group. */
export function configMarkdown(): string {
  const keys = configReference();
  const isTop = (one: KeyReference): boolean => !one.key.includes('.');
  const head = ['| key | default | accepts | meaning |', '|---|---|---|---|'];
  const row = (one: KeyReference): string => {
    const meaning = [one.only, one.meaning].filter(Boolean).join(': ');
    const parts = [`\`${one.key}\``, one.default && `\`${one.default}\``, one.accepts, meaning];
    return `| ${parts.map(cell).join(' | ')} |`;
  };
  const groups = keys.filter((one) => isTop(one) && one.accepts === '');
  const tables = groups.flatMap((group) => [
    `## ${group.key}`,
    '',
    `${group.meaning.charAt(0).toUpperCase()}${group.meaning.slice(1)}.`,
    '',
    ...head,
    ...keys.filter((one) => one.key.startsWith(`${group.key}.`)).map(row),
    '',
  ]);
  return [
    '# Keys of a training configuration',
    '',
    'Written by `npm run generate`; the source is `src/train/config-schema.ts`.',
    'Only `images.train` must be given. Relative paths are resolved against the file they stand in,',
    'those of `--set key=value` against the current folder. Unknown keys are errors.',
    '',
    ...head,
    ...keys.filter((one) => isTop(one) && one.accepts !== '').map(row),
    '',
    ...tables,
  ].join('\n');
}
