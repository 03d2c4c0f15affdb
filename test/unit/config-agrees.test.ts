/** The configuration refuses exactly what the parts behind it would refuse: neither is stricter. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { balanceDefaults, completeConfig } from '../../src/balance/config.ts';
import { defineSpace, type SpaceName, spaceDefaults } from '../../src/degradation/space.ts';
import { type Field, fieldAt } from '../../src/degradation/space-fields.ts';
import { minimal, parse } from '../config-text.ts';

const accepts = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

const edge = 1e-9;

describe('the configuration agrees', () => {
  it('with the balance rules on every constant', () => {
    const values = [-1, -edge, 0, edge, 0.5 - edge, 0.5, 1 - edge, 1, 1 + edge, 2, 2.5, 10, 11];
    const keys = Object.keys(balanceDefaults).filter(
      (key) => typeof balanceDefaults[key as 'gamma'] === 'number',
    );
    assert.equal(keys.length, 9);
    for (const key of keys) {
      for (const value of values) {
        const inConfig = accepts(() => parse(minimal, [`balance.${key}=${value}`]));
        const inRule = accepts(() => completeConfig({ [key]: value }, ['a']));
        assert.equal(inConfig, inRule, `${key} ${value}`);
      }
    }
  });

  for (const name of Object.keys(spaceDefaults) as SpaceName[]) {
    it(`with the degradation space ${name} on every limit`, () => {
      const keys = limitedKeys(spaceDefaults[name]);
      assert.ok(keys.length > 2 || name === 'realsr');
      for (const [path, field] of keys) {
        for (const { value, fits } of around(field)) {
          const inSpace = accepts(() => defineWith(name, path, value));
          assert.equal(inSpace, fits, `${name} ${path} ${JSON.stringify(value)}`);
          const written = path
            .join('.')
            .replace(/^stages\.0/, 'stage1')
            .replace(/^stages\.1/, 'stage2');
          const set = `degradation.space.${written}=${JSON.stringify(value)}`;
          assert.equal(
            accepts(() => parse(minimal, [...filesFor(name), set])),
            fits,
            set,
          );
        }
      }
    });
  }
});

const filesFor = (name: SpaceName): string[] => [
  `degradation.space=${name}`,
  'training.lqSize=1024',
  ...(name === 'realsr' ? ['degradation.kernels=k.json', 'degradation.noiseBank=photos'] : []),
];

const banks = {
  kernelBank: { count: 3, size: 21, sha256: 'a' },
  noiseBank: { count: 3, size: 256, window: 80, sha256: 'b' },
};

function defineWith(name: SpaceName, path: readonly string[], value: unknown): unknown {
  const nested = path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
  return defineSpace(name, { ...(nested as object), ...(name === 'realsr' ? banks : {}) });
}

type Limited = Extract<Field, { limits: unknown }>;

/** Paths of all keys that hold numbers within limits. */
function limitedKeys(model: object, path: string[] = []): [string[], Limited][] {
  return Object.entries(model).flatMap(([key, value]): [string[], Limited][] => {
    const here = [...path, key];
    const field = fieldAt(here.join('.'));
    if (field && 'limits' in field) return [[here, field]];
    const goesOn = !field || field.kind === 'group';
    return goesOn && typeof value === 'object' ? limitedKeys(value, here) : [];
  });
}

interface Case {
  value: unknown;
  fits: boolean;
}

/** Values at the limits and just beyond them, and such as are of another kind. */
function around(field: Limited): Case[] {
  const [low, high] = field.limits;
  const beyond = (by: number): Case[] => [
    { value: low, fits: true },
    { value: high, fits: true },
    { value: low - by, fits: false },
    { value: high + by, fits: false },
  ];
  switch (field.kind) {
    case 'number':
      return [...beyond(edge), { value: 'a', fits: false }];
    case 'size':
      return [...beyond(2), { value: low + 1, fits: false }];
    case 'sizes':
      return [
        ...beyond(2).map(({ value, fits }) => ({ value: [value], fits })),
        { value: [low + 1], fits: false },
        { value: [], fits: false },
      ];
    default:
      return [
        { value: [low, high], fits: true },
        { value: [low - edge, high], fits: false },
        { value: [low, high + edge], fits: false },
        { value: [high, low], fits: false },
        { value: [low], fits: false },
        ...(field.kind === 'wholeRange' ? [{ value: [low + 0.5, high], fits: false }] : []),
      ];
  }
}
