import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { EvensrError } from '../../src/errors.ts';
import { loadConfig, parseConfig, printConfig, type TrainConfig } from '../../src/train/config.ts';
import { spaceOf } from '../../src/train/config-degradation.ts';
import {
  allKeys,
  branches,
  jsonSchema,
  type SchemaNode,
} from '../../src/train/config-json-schema.ts';
import { configMarkdown } from '../../src/train/config-reference.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const parse = (text: string, set: string[] = []): TrainConfig =>
  parseConfig(text, { origin: 'run.yaml', folder: '/photos', set });

/** Every line of the error that a text gives. */
function problems(text: string, set: string[] = []): string[] {
  try {
    parse(text, set);
  } catch (error) {
    assert.ok(error instanceof EvensrError, String((error as Error).stack));
    assert.equal(error.exitCode, 2);
    return [error.message, ...error.details];
  }
  return assert.fail(`accepted: ${text}`);
}

const minimal = 'images: {train: gt}\n';

describe('defaults', () => {
  const config = parse(minimal);

  it('are those of the method', () => {
    const { balance } = config;
    assert.deepEqual(
      { ...balance },
      {
        rule: 'quota',
        gamma: 0.5,
        emaWeight: 0.3,
        epsilon: 1e-3,
        lambda: 0.3,
        floor: 0.5,
        ceiling: 3,
        stepLimit: 1.5,
        anchor: 'natural',
        warmup: 2000,
        every: 1000,
        references: { specialistSteps: 400 },
      },
    );
    assert.deepEqual(config.tasks.boundaries, { bottleneck: [0.6, 0.85], noise: [8, 16] });
  });

  it('describe the degradation space of Real-ESRGAN', () => {
    assert.deepEqual(spaceOf(config), realEsrganSpace);
    const changed = parse(
      `${minimal}degradation: {space: {stage2: {blurSigma: [0.2, 4]}}, jpegBackend: libjpeg}`,
    );
    assert.deepEqual(spaceOf(changed).stages[1].blurSigma, [0.2, 4]);
    assert.equal(spaceOf(changed).jpegBackend, 'libjpeg');
  });

  it('exist for every key but images.train, and the result is frozen to the bottom', () => {
    assert.throws(() => parse('name: a'), /run\.yaml:1:1: images\.train is missing/);
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      assert.ok(Object.isFrozen(value));
      Object.values(value).forEach(visit);
    };
    visit(config);
  });

  it('fill in the type of a network or schedule', () => {
    const { network, training } = parse(
      `${minimal}network: {numFeat: 8}\ntraining: {schedule: {periods: 4}}`,
    );
    assert.deepEqual([network.type, network.numFeat], ['srvgg', 8]);
    assert.deepEqual({ ...training.schedule }, { type: 'cosine', minimum: 1e-7, periods: 4 });
  });
});

describe('YAML', () => {
  it('may have BOM, CRLF, tags, and exponents with or without a dot', () => {
    const text =
      '\ufeffimages:\r\n  train: gt\r\ntraining: {learningRate: !!float 2e-4, steps: 1e3}\r\n';
    const config = parse(new TextDecoder().decode(Buffer.from(text)));
    assert.equal(config.training.learningRate, 2e-4);
    assert.equal(config.training.steps, 1000);
  });

  it('may use anchors', () => {
    const stage = '{jpegQuality: [40, 90]}';
    const config = parse(`${minimal}degradation: {space: {stage1: &s ${stage}, stage2: *s}}`);
    assert.deepEqual(config.degradation.space.stage2.jpegQuality, [40, 90]);
  });

  const refused: [text: string, message: RegExp][] = [
    ['', /^run\.yaml: is empty/],
    ['# only a comment\n', /is empty/],
    ['- a\n- b\n', /^run\.yaml:1:1: is not a mapping/],
    ['just text', /is not a mapping/],
    ['a: [1, 2', /^run\.yaml:1:9: is not valid YAML/],
    ['a: 1\n---\nb: 2\n', /is not valid YAML/],
    [`${minimal}images: {train: b}\n`, /^run\.yaml:2:1: the key images stands here a second time/],
    [`${minimal}__proto__: {polluted: 1}\n`, /^run\.yaml:2:1: the key __proto__ is not allowed/],
    [`${minimal}training: {constructor: 1}\n`, /:2:12: the key constructor is not allowed/],
    [`${minimal}training: {"prototype": 1}\n`, /the key prototype is not allowed/],
    [`a: &a {steps: 1}\n${minimal}training: {<<: *a}\n`, /:3:12: the key << is not allowed/],
    [`${minimal}1: 2\n`, /:2:1: a key must be plain text/],
    [`${minimal}? [a, b]\n: 2\n`, /a key must be plain text/],
    [`${minimal}name: !secret x\n`, /is not valid YAML: Unresolved tag/],
    [`${minimal}name: *nobody\n`, /is not valid YAML/],
    [`a: ${'['.repeat(100)}`, /is nested deeper than 32 levels/],
    [`${'- '.repeat(100)}a`, /is nested deeper than 32 levels/],
    [`a: [${'1,'.repeat(20_000)}1]`, /has more than 20000 tokens/],
    [`# ${'x'.repeat(1_000_000)}\n`, /is larger than 1 MB/],
    [
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
      /Excessive alias count/,
    ],
    ['a: &a [*a]\n', /images\.train is missing - expected text/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)}`, () => {
      assert.match(problems(text)[0] ?? '', message);
    });
  }
});

describe('messages', () => {
  const cases: [text: string, message: string][] = [
    [
      'training: {lrate: 3}',
      'run.yaml:2:12: training.lrate is not a key - did you mean training.learningRate?',
    ],
    [
      'training:\n  batch_size: 3',
      'run.yaml:3:3: training.batch_size is not a key - did you mean training.batchSize?',
    ],
    [
      'learningRate: 1',
      'run.yaml:2:1: learningRate is not a key - did you mean training.learningRate?',
    ],
    ['gt_size: 256', 'run.yaml:2:1: gt_size is not a key - did you mean training.lqSize?'],
    ['xyzzy: 1', 'run.yaml:2:1: xyzzy is not a key'],
    [
      'tasks: {boundaries: {nose: [1]}}',
      'run.yaml:2:22: tasks.boundaries.nose is not a key - did you mean tasks.boundaries.noise?',
    ],
    [
      'training: {steps: 0}',
      'run.yaml:2:19: training.steps: expected an integer of at least 1, received 0',
    ],
    [
      'training: {steps: 1.5}',
      'run.yaml:2:19: training.steps: expected an integer of at least 1, received 1.5',
    ],
    [
      'training: {batchSize: "4"}',
      'run.yaml:2:23: training.batchSize: expected an integer from 1 to 65536, received "4" - write it without quotes',
    ],
    [
      'training: {learningRate: .nan}',
      'run.yaml:2:26: training.learningRate: expected a number greater than 0 and at most 1, received .nan',
    ],
    [
      'balance: {gamma: .inf}',
      'run.yaml:2:18: balance.gamma: expected a number from 0 to 10, received .inf (too large a number)',
    ],
    [
      'balance: {gamma: 1e999}',
      'run.yaml:2:18: balance.gamma: expected a number from 0 to 10, received .inf (too large a number)',
    ],
    [
      'balance: {rule: quta}',
      'run.yaml:2:17: balance.rule: expected one of quota, natural, uniform, loss-weight, received "quta" - did you mean quota?',
    ],
    [
      'balance: {anchor: {a: 0}}',
      'run.yaml:2:23: balance.anchor.a: expected a number greater than 0, received 0',
    ],
    [
      'balance: {references: [1]}',
      'run.yaml:2:23: balance.references: expected text that is not empty or a mapping (key: value) or null, received a list of 1',
    ],
    [
      'network: {type: srvg}',
      'run.yaml:2:17: network.type: expected srvgg or msrresnet, received "srvg" - did you mean srvgg?',
    ],
    [
      'network: {type: msrresnet, numConv: 3}',
      'run.yaml:2:28: network.numConv is not a key when network.type is "msrresnet"',
    ],
    ['network: null', 'run.yaml:2:10: network: expected a mapping (key: value), received null'],
    ['scale: 5', 'run.yaml:2:8: scale: expected 2 or 3 or 4, received 5'],
    ['images2: 1', 'run.yaml:2:1: images2 is not a key - did you mean images?'],
    [
      'degradation: {space: {stage1: {blurSigma: [3, 1]}}}',
      'run.yaml:2:43: degradation.space.stage1.blurSigma: the first number must not be greater than the second',
    ],
    [
      'degradation: {space: {stage1: {blurSigma: [1]}}}',
      'run.yaml:2:43: degradation.space.stage1.blurSigma: expected a list of 2: a number from 0.01 to 50, a number from 0.01 to 50, received a list of 1',
    ],
    [
      'degradation: {space: {stage1: {kernelProbabilities: {iso: 1}}}}',
      'run.yaml:2:53: degradation.space.stage1.kernelProbabilities: the probabilities must sum to 1, not 1.55',
    ],
    [
      'degradation: {space: {stage2: {resizeScale: [1.1, 1.2]}}}',
      'run.yaml:2:45: degradation.space.stage2.resizeScale: down draws from [low, 1]: low must be <= 1',
    ],
    [
      'validation: {border: 128}',
      'run.yaml:2:22: validation.border: cuts off all of a 256-pixel image',
    ],
    [
      'training: {schedule: {type: multistep, milestones: [5, 3]}}',
      'run.yaml:2:52: training.schedule.milestones: must rise',
    ],
    [
      'training: {schedule: {minimum: 0.1}}',
      'run.yaml:2:32: training.schedule.minimum: is above training.learningRate (0.0002)',
    ],
  ];
  for (const [text, message] of cases) {
    it(message.replace(/^run\.yaml:\d+:\d+: /, ''), () => {
      assert.deepEqual(problems(minimal + text), [message]);
    });
  }

  it('lists every mistake, in the order of the file', () => {
    const found = problems(
      'training:\n  steps: x\n  lrate: 1\nimages: {train: 3}\nlog: {every: 0}\n',
    );
    assert.deepEqual(
      found.map((line) => line.split(': ')[0]),
      ['run.yaml:2:10', 'run.yaml:3:3', 'run.yaml:4:17', 'run.yaml:5:14'],
    );
  });
});

describe('--set', () => {
  it('overrides the file, in order, with values of every kind', () => {
    const config = parse(`${minimal}training: {steps: 5}`, [
      'training.steps=7',
      'training.steps=9',
      'balance.references={a: 24.5}',
      'tasks.boundaries={noise: [10]}',
      'images.validation=null',
      'network={type: msrresnet, numBlock: 2}',
      'degradation.space.stage1.blurSigma=[1, 2]',
    ]);
    assert.equal(config.training.steps, 9);
    assert.deepEqual(config.balance.references, { a: 24.5 });
    assert.deepEqual(config.tasks.boundaries, { noise: [10] });
    assert.equal(config.network.type, 'msrresnet');
    assert.deepEqual(config.degradation.space.stage1.blurSigma, [1, 2]);
  });

  it('reaches into records', () => {
    const config = parse(minimal, ['balance.references={}', 'balance.references.full-clean=27']);
    assert.deepEqual(config.balance.references, { 'full-clean': 27 });
  });

  const refused: [set: string, message: RegExp][] = [
    [
      'training.stesp=1',
      /^--set training\.stesp=1: training\.stesp is not a key - did you mean training\.steps\?$/,
    ],
    ['trainig.steps=1', /trainig is not a key - did you mean training\.steps\?$/],
    ['training.steps', /^--set training\.steps: expected key=value/],
    ['=1', /expected key=value/],
    ['training.steps=', /training\.steps: expected an integer of at least 1, received null$/],
    ['training.steps=[', /^--set training\.steps=\[:1:\d+: is not valid YAML/],
    [
      'training.steps=x',
      /^--set training\.steps=x: training\.steps: expected an integer .*received "x"$/,
    ],
    ['__proto__.polluted=1', /__proto__ is not a key/],
    ['constructor=1', /constructor is not a key/],
    ['training.steps.more=1', /training\.steps\.more is not a key/],
    ['training={__proto__: {a: 1}}', /the key __proto__ is not allowed/],
  ];
  for (const [set, message] of refused) {
    it(`refuses ${set}`, () => assert.match(problems(minimal, [set])[0] ?? '', message));
  }

  it('does not hide a parent of the wrong kind', () => {
    assert.match(
      problems(`${minimal}training: 4`, ['training.steps=1'])[0] ?? '',
      /training: expected a mapping/,
    );
  });
});

describe('configuration files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string | Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it('resolve paths against the file, and those of --set against the current folder', () => {
    const file = write(
      'a.yaml',
      'images: {train: gt, validation: ../val}\nbalance: {references: r.json}',
    );
    const config = loadConfig(file);
    assert.equal(config.images.train, join(folder, 'gt'));
    assert.equal(config.images.validation, resolve(folder, '../val'));
    assert.equal(config.balance.references, join(folder, 'r.json'));
    assert.equal(loadConfig(file, { set: ['images.train=mine'] }).images.train, resolve('mine'));
    assert.match(printConfig(config), new RegExp(`train: ${join(folder, 'gt')}\n`));
  });

  const message = (file: string): string => {
    try {
      loadConfig(file);
    } catch (error) {
      assert.ok(error instanceof EvensrError);
      assert.deepEqual([error.code, error.exitCode], ['E_CONFIG', 2]);
      return error.message;
    }
    return assert.fail(`accepted ${file}`);
  };

  it('must be regular, readable, small and UTF-8', () => {
    assert.match(message(join(folder, 'none.yaml')), /none\.yaml: there is no such file/);
    assert.match(message(folder), /is a folder, not a file/);
    assert.match(
      message(write('latin1.yaml', Buffer.from([0x61, 0x3a, 0xe9]))),
      /is not UTF-8 text/,
    );
    assert.match(message(write('large.yaml', Buffer.alloc(1_000_001, 35))), /is larger than 1 MB/);
    assert.match(message(write('empty.yaml', '')), /empty\.yaml: is empty/);
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    assert.match(message(fifo), /is not a regular file/);
  });

  it('must be permitted to read', {
    skip: process.getuid?.() !== 0 && 'only root can become somebody else',
  }, () => {
    const file = write('secret.yaml', minimal);
    spawnSync('chmod', ['600', file]);
    spawnSync('chmod', ['755', folder]);
    process.seteuid?.(65534);
    try {
      assert.match(message(file), /may not be read \(permission denied\)/);
    } finally {
      process.seteuid?.(0);
    }
  });

  it('that come with evensr are valid', () => {
    const files = readdirSync(join(root, 'configs'));
    assert.ok(files.length >= 3);
    for (const file of files) {
      const text = readFileSync(join(root, 'configs', file), 'utf8');
      assert.match(text, /^# yaml-language-server: \$schema=\.\.\/schema\/evensr\.schema\.json\n/);
      const config = loadConfig(join(root, 'configs', file));
      assert.equal(`${config.name}.yaml`, file);
    }
  });
});

describe('what is generated from the schema', () => {
  it('the JSON Schema for editors is current (npm run generate)', () => {
    const file = readFileSync(join(root, 'schema/evensr.schema.json'), 'utf8');
    assert.deepEqual(JSON.parse(file), JSON.parse(JSON.stringify(jsonSchema)));
  });

  it('docs/config.md is current (npm run generate)', () => {
    const text = readFileSync(join(root, 'docs/config.md'), 'utf8');
    assert.equal(text.trimEnd(), configMarkdown().trimEnd());
    for (const key of allKeys())
      assert.ok(text.includes(`\`${key}\``) || text.includes(`## ${key}`), key);
  });

  it('every key says what it means', () => {
    const nameless = (node: SchemaNode, path: string): string[] =>
      branches(node).flatMap((branch) =>
        Object.entries(branch.properties ?? {}).flatMap(([name, child]) => [
          ...(child.description || path.endsWith('Probabilities') ? [] : [`${path}.${name}`]),
          ...nameless(child, `${path}.${name}`),
        ]),
      );
    assert.deepEqual(nameless(jsonSchema, ''), []);
  });
});

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
      return fc.record(Object.fromEntries(keys.map(([key, child]) => [key, admitted(child)])), {
        requiredKeys: required,
        noNullPrototype: true,
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
      { numRuns: 300 },
    );
    assert.ok(accepted >= 30, `only ${accepted} of 300 were accepted`);
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
