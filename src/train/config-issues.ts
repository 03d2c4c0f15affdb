import type { z } from 'zod';
import { choiceLines } from './config-choices.ts';
import { branches, jsonSchema, type SchemaNode, schemaAt } from './config-json-schema.ts';
import { expected, nearest, received, suggestKey } from './config-messages.ts';
import { unions } from './config-schema.ts';

/** A mistake at a key, before it is known where the key was written. */
export interface Finding {
  path: PropertyKey[];
  /** Whether the key itself is wrong, or its value. */
  of: 'key' | 'value';
  message: string;
  hint?: string;
}

/** A wrong value, with its key in the message. */
export function findingAt(key: string, message: string): Finding {
  return { path: key.split('.'), of: 'value', message: `${key}: ${message}` };
}

type Issue = z.core.$ZodIssue;

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part],
    root,
  );
}

function hintFor(value: unknown, wanted: string, choices: string[]): { hint?: string } {
  if (typeof value !== 'string') return {};
  const meant = nearest(value, choices);
  if (meant && choices.length > 0) return { hint: `did you mean ${meant}?` };
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  return isNumber && /an integer|a number/.test(wanted) ? { hint: 'write it without quotes' } : {};
}

function wrongValue(path: PropertyKey[], root: unknown, schema: SchemaNode): Finding {
  const nodes = schemaAt(path, schema);
  const needed = nodes[0]?.required?.[0];
  if (needed && valueAt(root, path) === undefined)
    return wrongValue([...path, needed], root, schema);
  const value = valueAt(root, path);
  const options = nodes.flatMap(branches);
  const key = path.join('.');
  const lines = choiceLines(key);
  const wanted = lines ? 'one of those below' : [...new Set(options.map(expected))].join(' or ');
  const choices = options.flatMap((n) => n.enum ?? (n.const !== undefined ? [n.const] : []));
  const message =
    value === undefined
      ? `${key} is missing - expected ${wanted}`
      : `${key}: expected ${wanted}, received ${received(value)}`;
  const { hint = lines && 'they are' } = hintFor(value, wanted, choices.map(String));
  return { path, of: 'value', message, ...(hint ? { hint: hint + lines } : {}) };
}

/** A file of another kind has nothing but unknown keys; nobody reads more than these. */
const unknownLimit = 30;

/** The innermost union that a path leads through: its discriminating key and what that is. */
function unionAround(path: readonly PropertyKey[], root: unknown) {
  const text = path.join('.');
  const found = Object.entries(unions).find(([at]) => text === at || text.startsWith(`${at}.`));
  if (!found) return undefined;
  const key = `${found[0]}.${found[1].key}`;
  return { key, value: valueAt(root, key.split('.')) };
}

/** A key that only another member of a union has is not unknown: the message says which was chosen. */
function unknownKey(path: PropertyKey[], key: string, root: unknown, schema: SchemaNode): Finding {
  const full = [...path, key];
  const name = full.join('.');
  const union = schemaAt(full, schema).length > 0 ? unionAround(path, root) : undefined;
  if (union !== undefined) {
    const message = `${name} is not a key when ${union.key} is ${received(union.value)}`;
    return { path: full, of: 'key', message };
  }
  const meant = suggestKey(full, schema);
  const hint = meant ? { hint: `did you mean ${meant}?` } : {};
  return { path: full, of: 'key', message: `${name} is not a key`, ...hint };
}

function unknownKeys(
  path: PropertyKey[],
  keys: string[],
  root: unknown,
  schema: SchemaNode,
): Finding[] {
  const rest = keys.length - unknownLimit;
  const message = `${rest} more keys in ${path.join('.') || 'the file'} are none`;
  const more: Finding[] = rest > 0 ? [{ path, of: 'value', message }] : [];
  const found = keys.slice(0, unknownLimit).map((key) => unknownKey(path, key, root, schema));
  return [...found, ...more];
}

/** What zod found, in the words of the configuration that `schema` describes. Paths are relative to `base`. */
export function findings(
  issues: readonly Issue[],
  root: unknown,
  base: PropertyKey[] = [],
  schema: SchemaNode = jsonSchema,
): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    switch (issue.code) {
      case 'unrecognized_keys':
        return unknownKeys(path, issue.keys, root, schema);
      case 'custom':
        return [{ path, of: 'value' as const, message: `${path.join('.')}: ${issue.message}` }];
      case 'invalid_key':
        return unknownKeys(path.slice(0, -1), [String(path.at(-1))], root, schema);
      case 'invalid_union': {
        const isInside = (one: Issue) => one.path.length > 0 || one.code === 'unrecognized_keys';
        const inner = issue.errors.find((list) => list.every(isInside));
        if (inner && inner.length > 0) return findings(inner, root, path, schema);
        return [wrongValue(path, root, schema)];
      }
      case 'invalid_format':
        return [
          {
            path,
            of: 'value' as const,
            message: `${path.join('.')}: received ${received(valueAt(root, path))}, which does not have the form ${issue.pattern ?? issue.format}`,
          },
        ];
      default:
        return [wrongValue(path, root, schema)];
    }
  });
}
