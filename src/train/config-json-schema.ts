import { z } from 'zod';
import { spaceNames } from '../degradation/space.ts';
import { configSchema, unions } from './config-schema.ts';

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

function nodeAt(root: SchemaNode, path: string): SchemaNode {
  return path.split('.').reduce((node, part) => node.properties?.[part] ?? node, root);
}

/** JSON Schema (2020-12) of the configuration as people write it: only `images.train` is required. */
export const jsonSchema: SchemaNode = (() => {
  const root: SchemaNode = {
    ...(z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode),
    title: 'evensr training configuration',
  };
  for (const [path, { key, value }] of Object.entries(unions)) {
    const branch = nodeAt(root, path).oneOf?.find(
      (option) => option.properties?.[key]?.const === value,
    );
    if (branch) branch.required = (branch.required ?? []).filter((name) => name !== key);
  }
  const space = nodeAt(root, 'degradation.space');
  const { oneOf = [] } = space;
  delete space.oneOf;
  space.anyOf = [{ type: 'string', enum: [...spaceNames] }, ...oneOf];
  space.default = unions['degradation.space'].value;
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
