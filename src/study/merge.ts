/** Keys of an arm laid over those that all arms share. */
import { branches, schemaAt } from '../train/config-json-schema.ts';
import { unions } from '../train/config-schema.ts';
import { isMapping } from '../train/config-yaml.ts';

export type Keys = Readonly<Record<string, unknown>>;

/** Whether a value is a group of fixed keys, such as `training`, not one of free names, such as `constants`. */
function isGroup(path: readonly string[]): boolean {
  const nodes = schemaAt(path)
    .flatMap(branches)
    .filter(({ type }) => type !== 'null');
  return nodes.length > 0 && nodes.every(({ properties }) => properties !== undefined);
}

/** Whether two values of a union are of the same member: keys of an srvgg mean nothing in an rrdbnet. */
function isSameMember(path: readonly string[], before: Keys, now: Keys): boolean {
  const union = Object.entries(unions).find(([at]) => at === path.join('.'))?.[1];
  if (!union) return true;
  return (
    (now[union.key] ?? before[union.key] ?? union.value) === (before[union.key] ?? union.value)
  );
}

/**
 * `base` with the keys of `over`: groups are merged key by key, everything else is replaced, a network
 * or schedule of another type as a whole.
 */
export function mergedKeys(base: Keys, over: Keys, path: readonly string[] = []): Keys {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, now] of Object.entries(over)) {
    const here = [...path, key];
    const before = base[key];
    const merges =
      isMapping(before) && isMapping(now) && isGroup(here) && isSameMember(here, before, now);
    merged[key] = merges ? mergedKeys(before, now, here) : now;
  }
  return merged;
}

/** `{a: {b: 1}}` as `a.b` -> 1; lists, and groups without keys, are values. */
export function flatKeys(keys: Keys, prefix = ''): [key: string, value: unknown][] {
  return Object.entries(keys).flatMap(([name, value]): [string, unknown][] =>
    isMapping(value) && Object.keys(value).length > 0
      ? flatKeys(value, `${prefix}${name}.`)
      : [[prefix + name, value]],
  );
}

/** Whether something is written at the path. */
export function holds(keys: unknown, path: readonly PropertyKey[]): boolean {
  let node = keys;
  for (const part of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return false;
    node = (node as Record<PropertyKey, unknown>)[part];
  }
  return true;
}
