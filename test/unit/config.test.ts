import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { balanceDefaults } from '../../src/balance/config.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { EvensrError } from '../../src/errors.ts';
import { loadConfig, printConfig } from '../../src/train/config.ts';
import { spaceOf } from '../../src/train/config-degradation.ts';
import {
  allKeys,
  branches,
  jsonSchema,
  type SchemaNode,
} from '../../src/train/config-json-schema.ts';
import { configMarkdown } from '../../src/train/config-reference.ts';

import { minimal, parse, problems } from '../config-text.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('defaults', () => {
  const config = parse(minimal);

  it('are those of the method', () => {
    assert.deepEqual(config.balance, {
      ...balanceDefaults,
      natural: null,
      references: { specialistSteps: 400 },
    });
    assert.equal(config.tasks.boundaries, null);
  });

  it('describe the degradation space of Real-ESRGAN', () => {
    assert.deepEqual(spaceOf(config), realEsrganSpace);
    const changed = parse(
      `${minimal}degradation: {space: {stage2: {blurSigma: [0.2, 4]}}, jpegBackend: libjpeg}`,
    );
    const space = spaceOf(changed);
    assert.ok(space.name === 'real-esrgan');
    assert.deepEqual(space.stages[1].blurSigma, [0.2, 4]);
    assert.equal(space.jpegBackend, 'libjpeg');
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
    const { space } = config.degradation;
    assert.ok(space.name === 'real-esrgan');
    assert.deepEqual(space.stage1.blurSigma, [1, 2]);
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
    // Nothing of the environment enters a configuration.
    for (const plain of ['$HOME/gt', '~/gt', '%HOME%/gt'])
      assert.equal(parse(`images: {train: '${plain}'}`).images.train, `/photos/${plain}`);
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
    assert.match(
      message(write('large.yaml', Buffer.alloc(1_000_001, 35))),
      /is larger than 250 kB/,
    );
    assert.match(message(write('empty.yaml', '')), /empty\.yaml: is empty/);
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    assert.match(message(fifo), /is not a regular file/);
  });

  it('must be permitted to read', {
    skip: process.getuid?.() !== 0 && 'only root can become somebody else',
  }, (test) => {
    const file = write('secret.yaml', minimal);
    spawnSync('chmod', ['600', file]);
    spawnSync('chmod', ['755', folder]);
    try {
      process.seteuid?.(65534);
    } catch (error) {
      test.skip(`this Node cannot become somebody else: ${(error as Error).message}`);
      return;
    }
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
