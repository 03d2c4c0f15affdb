import { EvensrError, exitCodes } from '../errors.ts';
import { branches, schemaAt } from './config-json-schema.ts';
import { suggestKey } from './config-messages.ts';
import { ConfigError } from './config-problem.ts';
import { isMapping, readYaml } from './config-yaml.ts';

/** One `--set a.b=c`: the path, its value, and how it was written (for messages). */
export interface Override {
  path: string[];
  value: unknown;
  origin: string;
}

/** Reads `a.b=c`; c is YAML, so numbers, lists, mappings and null work. */
export function parseOverride(text: string): Override {
  const cut = text.indexOf('=');
  if (cut < 1) {
    throw new EvensrError('E_USAGE', exitCodes.usage, `--set ${text}: expected key=value`, {
      hint: 'for example --set training.steps=1000',
    });
  }
  const path = text.slice(0, cut).trim().split('.');
  const origin = `--set ${text}`;
  path.forEach((_, depth) => {
    const part = path.slice(0, depth + 1);
    if (schemaAt(part).flatMap(branches).length > 0) return;
    const meant = suggestKey(part);
    const hint = meant
      ? { hint: `did you mean ${[meant, ...path.slice(depth + 1)].join('.')}?` }
      : {};
    throw new ConfigError([{ origin, message: `${part.join('.')} is not a key`, ...hint }]);
  });
  return { path, value: readYaml(text.slice(cut + 1), origin).value, origin };
}

/** Puts overrides into the raw configuration, in order. A parent of the wrong kind is left for validation. */
export function applyOverrides(
  root: Record<string, unknown>,
  overrides: readonly Override[],
): void {
  for (const { path, value } of overrides) {
    let node = root;
    for (const part of path.slice(0, -1)) {
      if (node[part] === undefined || node[part] === null) node[part] = {};
      const child = node[part];
      if (!isMapping(child)) return;
      node = child;
    }
    node[path.at(-1) as string] = value;
  }
}
