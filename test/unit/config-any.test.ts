import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EvensrError } from '../../src/errors.ts';
import { parseConfig, printConfig, type TrainConfig } from '../../src/train/config.ts';
import { allKeys, jsonSchema, type SchemaNode } from '../../src/train/config-json-schema.ts';

import { parse } from '../config-text.ts';

/** Values that a schema node admits, as far as JSON Schema can say. */
function admitted(node: SchemaNode): fc.Arbitrary<unknown> {
  const options = node.oneOf ?? node.anyOf;
  if (options) return fc.oneof(...options.map(admitted));
  if (node.const !== undefined) return fc.constant(node.const);
  if (node.enum) return fc.constantFrom(...node.enum);
  const min = node.minimum ?? node.exclusiveMinimum;
  const max = node.maximum ?? node.exclusiveMaximum;
  switch (node.type) {
    case 'integer':
      return fc.integer({ min: Math.max(min ?? 0, -1000), max: Math.min(max ?? 100_000, 100_000) });
    case 'number':
      return fc.double({ min: min ?? -1e6, max: max ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return node.pattern
        ? fc.constantFrom('run', 'a.b-c_9', '0')
        : fc.string({ unit: 'grapheme', minLength: 1 });
    case 'array': {
      if (node.prefixItems) {
        return fc
          .tuple(...node.prefixItems.map(admitted))
          .map((pair) => (pair as number[]).sort((a, b) => a - b));
      }
      const items = fc.uniqueArray(admitted(node.items ?? {}), {
        minLength: node.minItems ?? 0,
        maxLength: 4,
      });
      return items.map((list) => (list as number[]).sort((a, b) => a - b));
    }
    default: {
      const extra =
        typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
      if (extra) {
        const names = (node.propertyNames?.enum ?? ['full-clean', 'a b', '1', 'ä: #']) as string[];
        return fc.dictionary(fc.constantFrom(...names), admitted(extra), { maxKeys: 3 });
      }
      const keys = Object.entries(node.properties ?? {}).filter(
        ([key]) => !key.endsWith('Probabilities'),
      );
      const required = [
        ...(node.required ?? []),
        ...(node.properties?.type?.const ? ['type'] : []),
      ];
      // A few keys at a time: the more there are, the surer two of them contradict each other.
      const names = keys.map(([key]) => key);
      return fc.subarray(names, { maxLength: Math.min(8, names.length) }).chain((some) => {
        const present = keys.filter(([key]) => some.includes(key) || required.includes(key));
        return fc.record(
          Object.fromEntries(present.map(([key, child]) => [key, admitted(child)])),
          { noNullPrototype: true },
        );
      });
    }
  }
}

describe('any document', () => {
  it('parse(print(x)) = x', () => {
    let accepted = 0;
    fc.assert(
      fc.property(admitted(jsonSchema), (value) => {
        let config: TrainConfig;
        try {
          config = parse(JSON.stringify(value));
        } catch (error) {
          assert.ok(error instanceof EvensrError, String((error as Error).stack));
          return;
        }
        accepted++;
        const printed = printConfig(config);
        assert.deepEqual(parseConfig(printed, { origin: 'printed', folder: '/elsewhere' }), config);
      }),
      { numRuns: 600 },
    );
    assert.ok(accepted >= 200, `only ${accepted} of 600 were accepted`);
  });

  it('gives a configuration or E_CONFIG, and changes no prototype', () => {
    const prototypes = (): string[] =>
      [Object.prototype, Array.prototype, Function.prototype].flatMap((p) =>
        Reflect.ownKeys(p).map(String),
      );
    const untouched = prototypes();
    const keys = [
      ...allKeys().flatMap((key) => key.split('.')),
      '__proto__',
      'constructor',
      'prototype',
      '<<',
      '1',
      '',
    ];
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...keys) },
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ': ',
          '\n',
          '\n  ',
          '- ',
          '{',
          '}',
          '[',
          ']',
          ', ',
          '"',
          "'",
          '&a ',
          '*a',
          '!!float ',
          '? ',
          '|\n',
          '# ',
          '---\n',
          '\t',
          '%',
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('1', '-0', '.nan', '1e999', '0x1f', 'null', 'true', '~', '2e-4'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...keys), fc.jsonValue(), { noNullPrototype: true })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, fc.option(fc.tuple(fc.constantFrom(...allKeys()), text)), (source, set) => {
        try {
          const config = parse(source, set ? [`${set[0]}=${set[1]}`] : []);
          assert.ok(Object.isFrozen(config));
        } catch (error) {
          assert.ok(error instanceof EvensrError, `${source}\n${(error as Error).stack}`);
          assert.ok(['E_CONFIG', 'E_USAGE'].includes(error.code));
        }
      }),
      { numRuns: 2000 },
    );
    assert.deepEqual(prototypes(), untouched);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});
