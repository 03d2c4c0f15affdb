import { z } from 'zod';
import { configSchema, defaultTypes } from './config-schema.ts';

/** The part of JSON Schema that our schema uses. */
export interface SchemaNode {
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  minLength?: number;
  pattern?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  propertyNames?: SchemaNode;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
}

/** JSON Schema (2020-12) of the configuration as people write it: only `images.train` is required. */
export const jsonSchema: SchemaNode = (() => {
  const root: SchemaNode = {
    ...(z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode),
    title: 'evensr training configuration',
  };
  for (const [path, type] of Object.entries(defaultTypes)) {
    const node = path.split('.').reduce<SchemaNode>((n, part) => n.properties?.[part] ?? n, root);
    const branch = node.oneOf?.find((option) => option.properties?.type?.const === type);
    if (branch) branch.required = (branch.required ?? []).filter((name) => name !== 'type');
  }
  return root;
})();

/** What a node offers to choose from; the node itself if there is no choice. */
export function branches(node: SchemaNode): SchemaNode[] {
  const options = node.oneOf ?? node.anyOf;
  return options ? options.flatMap(branches) : [node];
}

/** The nodes that describe the value at `path`: several where a union offers several. */
export function schemaAt(
  path: readonly PropertyKey[],
  root: SchemaNode = jsonSchema,
): SchemaNode[] {
  let nodes = [root];
  for (const part of path) {
    nodes = nodes.flatMap(branches).flatMap((node) => {
      if (typeof part === 'number') return node.prefixItems?.[part] ?? node.items ?? [];
      const extra = node.additionalProperties;
      const { properties } = node;
      // Own keys only: `__proto__` and `constructor` are no keys of ours.
      if (properties && Object.hasOwn(properties, part)) return properties[String(part)] ?? [];
      return typeof extra === 'object' ? extra : [];
    });
  }
  return nodes;
}

/** Names that a node gives to its keys: fixed ones, or those a record admits. */
export function namesOf(node: SchemaNode): string[] {
  return [...Object.keys(node.properties ?? {}), ...((node.propertyNames?.enum ?? []) as string[])];
}

/** Dotted paths of all keys that can be written, in the schema's order, without duplicates. */
export function allKeys(node: SchemaNode = jsonSchema, prefix = ''): string[] {
  const found = branches(node).flatMap((branch) =>
    Object.entries(branch.properties ?? {}).flatMap(([name, child]) => [
      prefix + name,
      ...allKeys(child, `${prefix}${name}.`),
    ]),
  );
  return [...new Set(found)];
}
