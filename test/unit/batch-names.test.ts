import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  bufferOf,
  byteName,
  bytesOfText,
  collisionKey,
  fromJson,
  splitExtension,
  splitName,
  textOf,
  toJson,
} from '../../src/batch/byte-name.ts';
import { outputFormat, whyNot } from '../../src/batch/format.ts';
import { parseNamePattern } from '../../src/batch/name-pattern.ts';
import { chooseShard, isInShard, parseShard, shardName } from '../../src/batch/shard.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 255 });

describe('names as bytes', () => {
  it('keep every byte, in memory and in JSON', () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const name = byteName(raw);
        assert.deepEqual(new Uint8Array(bufferOf(name)), raw);
        assert.equal(fromJson(JSON.parse(JSON.stringify(toJson(name)))), name);
      }),
    );
    assert.equal(toJson(bytesOfText('é.png')), 'é.png');
    for (const value of [undefined, null, 3, {}, { base64: 4 }, []])
      assert.equal(fromJson(value), undefined);
  });

  it('split at the last slash and the last dot', () => {
    assert.deepEqual(splitName(bytesOfText('a/b/c.png')), { folder: 'a/b', base: 'c.png' });
    assert.deepEqual(splitName(bytesOfText('c.png')), { folder: '', base: 'c.png' });
    assert.deepEqual(splitExtension(bytesOfText('a.b.png')), { stem: 'a.b', ext: 'png' });
    assert.deepEqual(splitExtension(bytesOfText('.png')), { stem: '.png', ext: '' });
    assert.deepEqual(splitExtension(bytesOfText('png')), { stem: 'png', ext: '' });
  });

  it('meet where case or Unicode form is all that differs', () => {
    const key = (text: string) => collisionKey(bytesOfText(text));
    assert.equal(key('A/B.PNG'), key('a/b.png'));
    assert.equal(key('\u00e9.png'), key('e\u0301.PNG'));
    assert.equal(key('straße'), key('STRASSE'));
    assert.notEqual(key('a'), key('b'));
    // Bytes that are no UTF-8 meet nothing that only reads like them.
    assert.notEqual(collisionKey(byteName(Buffer.from([0xff]))), key('\\xff'));
    assert.equal(textOf(byteName(Buffer.from([0xff]))), '\\xff');
  });
});

describe('patterns for names', () => {
  const values = {
    name: bytesOfText('photo'),
    ext: bytesOfText('jpg'),
    scale: bytesOfText('3.5'),
    model: bytesOfText('4x-mine'),
  };

  it('put fields in their places', () => {
    const made = (pattern: string) => parseNamePattern(pattern)(values);
    assert.equal(made('{name}'), 'photo');
    assert.equal(made('{name}_x{scale}-{model}.{ext}'), 'photo_x3.5-4x-mine.jpg');
    assert.equal(made('{{{name}}}'), '{photo}');
    assert.equal(made('ü'), Buffer.from('ü').toString('latin1'));
  });

  it('are refused with the field that may have been meant', () => {
    const refused = (pattern: string, hint: RegExp) =>
      assert.throws(() => parseNamePattern(pattern), { code: 'E_USAGE', exitCode: 2, hint });
    refused('{nam}', /did you mean \{name\}/);
    refused('{size}', /fields are \{name\}/);
    refused('a{', /write \{\{/);
    refused('a}', /write \}\}/);
    refused('', /subfolders/);
    refused('sub/{name}', /subfolders/);
  });

  it('are refused or make a name without a slash, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}name_scale/.\0é') }), (pattern) => {
        let made: string;
        try {
          made = parseNamePattern(pattern)(values);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'E_USAGE');
          return;
        }
        assert.doesNotMatch(made, /[/\0]/);
      }),
    );
  });
});

describe('formats of outputs', () => {
  it('keep what can be written, as it is spelled', () => {
    const made = (ext: string, choice: 'keep' | 'jpeg' | 'png') => {
      const { format, ext: written } = outputFormat(bytesOfText(ext), choice);
      return `${format} ${written}`;
    };
    assert.equal(made('JPG', 'keep'), 'jpeg JPG');
    assert.equal(made('tiff', 'keep'), 'tiff tiff');
    assert.equal(made('gif', 'keep'), 'png png');
    assert.equal(made('avif', 'keep'), 'png png');
    assert.equal(made('', 'keep'), 'png png');
    assert.equal(made('jpeg', 'jpeg'), 'jpeg jpeg');
    assert.equal(made('png', 'jpeg'), 'jpeg jpg');
    assert.equal(made('Jpg', 'png'), 'png png');
  });

  it('say what they cannot hold', () => {
    const info = { width: 10, height: 10, channels: 3, depth: 8, metadata: {} } as const;
    assert.equal(whyNot('jpeg', info), undefined);
    assert.match(whyNot('jpeg', { ...info, channels: 4 }) ?? '', /alpha/);
    assert.match(whyNot('webp', { ...info, depth: 16 }) ?? '', /16 bits/);
    assert.match(whyNot('webp', { ...info, width: 16_384 }) ?? '', /16383/);
    assert.equal(whyNot('png', { ...info, channels: 4, depth: 16, width: 70_000 }), undefined);
  });
});

describe('shards', () => {
  it('are together everything and never overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.uniqueArray(bytes), (count, names) => {
        for (const name of names.map(byteName)) {
          const owners = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
          assert.equal(owners.filter((shard) => isInShard(name, shard)).length, 1);
        }
      }),
    );
  });

  it('stay what they are, and are of about the same size', () => {
    const shard = (index: number) => ({ index, count: 4 });
    const owner = (name: string) =>
      [1, 2, 3, 4].find((index) => isInShard(bytesOfText(name), shard(index)));
    // The first 48 bits of their SHA-256 modulo 4, from sha256sum.
    assert.deepEqual(['a.png', 'b/c.png', 'é.jpg'].map(owner), [4, 3, 2]);
    const sizes = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const of = (owner(`${i}.png`) ?? 0) - 1;
      sizes[of] = (sizes[of] ?? 0) + 1;
    }
    assert.ok(
      sizes.every((size) => size > 850 && size < 1150),
      String(sizes),
    );
  });
  it('are taken from the option, from SLURM, or from Kubernetes, in this order', () => {
    const slurm = {
      SLURM_ARRAY_TASK_ID: '7',
      SLURM_ARRAY_TASK_COUNT: '4',
      SLURM_ARRAY_TASK_MIN: '1',
      SLURM_ARRAY_TASK_MAX: '7',
      SLURM_ARRAY_TASK_STEP: '2',
    };
    const kubernetes = { JOB_COMPLETION_INDEX: '0', JOB_COMPLETION_COUNT: '3' };
    const chosen = (option: string | undefined, env: NodeJS.ProcessEnv) => {
      const { index, count } = chooseShard(option, env);
      return `${index}/${count}`;
    };
    assert.equal(chosen(undefined, {}), '1/1');
    assert.equal(chosen(undefined, slurm), '4/4');
    assert.equal(chosen(undefined, kubernetes), '1/3');
    assert.equal(chosen(undefined, { ...slurm, ...kubernetes }), '4/4');
    assert.equal(chosen('2/9', { ...slurm, ...kubernetes }), '2/9');
    const { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT } = slurm;
    assert.throws(() => chooseShard(undefined, { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT }), {
      code: 'E_SHARD',
    });
    assert.equal(
      chosen(undefined, { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '4' }),
      '4/4',
    );
    assert.match(chooseShard(undefined, slurm).origin ?? '', /SLURM_ARRAY_TASK_ID/);
  });

  it('are refused when they are none', () => {
    const bad = (work: () => unknown) => assert.throws(work, { code: 'E_SHARD', exitCode: 2 });
    for (const text of ['', '0/3', '4/3', '1', '1/0', '-1/3', '1/3/5', 'a/b', '1/9999999999'])
      bad(() => parseShard(text));
    bad(() => chooseShard(undefined, { SLURM_ARRAY_TASK_ID: '1' }));
    bad(() => chooseShard(undefined, { SLURM_ARRAY_TASK_ID: 'x', SLURM_ARRAY_TASK_COUNT: '2' }));
    const gaps = { SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_MAX: '9' };
    const array = { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_COUNT: '3' };
    bad(() => chooseShard(undefined, { ...array, ...gaps }));
    bad(() => chooseShard(undefined, { JOB_COMPLETION_INDEX: '1' }));
    bad(() => chooseShard(undefined, { JOB_COMPLETION_INDEX: '3', JOB_COMPLETION_COUNT: '3' }));
  });

  it('are in the names of their files', () => {
    assert.equal(shardName({ index: 1, count: 1 }), '');
    assert.equal(shardName({ index: 2, count: 8 }), '-2-of-8');
  });
});
