import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultBadLimit, imageWarnings, sharedImages, whyRefused } from '../../src/data/judge.ts';
import type { ImageProblem } from '../../src/data/problem.ts';

const problems = (count: number): ImageProblem[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `bad-${i}.png`,
    code: 'E_IMG_EMPTY',
    reason: 'the file is empty',
  }));

const refused = (good: number, bad: number, limit = defaultBadLimit) =>
  whyRefused(['photos'], good, problems(bad), limit);

describe('judging a set of photographs', () => {
  it('puts up with 1 % and with 100, and with no more of either', () => {
    assert.equal(refused(99, 1), undefined);
    assert.equal(refused(98, 1)?.code, 'E_DATA_BAD');
    assert.equal(refused(99_900, 100), undefined);
    assert.equal(refused(99_899, 101)?.code, 'E_DATA_BAD');
    assert.equal(refused(50, 50, { fraction: 0.5, count: 100 }), undefined);
  });

  it('refuses a set without a good image, whatever the limit', () => {
    const error = refused(0, 3, { fraction: 1, count: 1000 });
    assert.equal(error?.code, 'E_DATA_EMPTY');
    assert.equal(error?.exitCode, 3);
    assert.match(error?.message ?? '', /bad-2\.png/);
    assert.equal(refused(0, 0)?.code, 'E_DATA_EMPTY');
  });

  it('lists the first 20 and counts the rest', () => {
    const message = refused(10, 25)?.message ?? '';
    assert.match(message, /^25 of 35 images in photos cannot be used \(limit 1% and 100\)/);
    assert.match(message, /bad-19\.png: the file is empty; and 5 more$/);
    assert.doesNotMatch(message, /bad-20/);
  });

  it('warns once about a kind of conversion, with the count and the first 20 names', () => {
    const images = Array.from({ length: 30 }, (_, i) => ({
      name: `${i}.png`,
      sha256: String(i),
      conversions: i % 3 === 0 ? [] : (['depth'] as const).slice(),
    }));
    const warnings = imageWarnings(images);
    assert.deepEqual(
      warnings.map(({ code, count, names }) => [code, count, names.length]),
      [['W_IMG_DEPTH', 20, 20]],
    );
  });

  it('finds the images that two sets share, whatever their names', () => {
    const image = (name: string, sha256: string) => ({ name, sha256 });
    const train = [image('a', '1'), image('b', '2')];
    assert.equal(sharedImages(train, [image('a', '3')]), undefined);
    const shared = sharedImages(train, [image('x', '2'), image('y', '4')]);
    assert.deepEqual([shared?.code, shared?.names], ['W_IMG_SHARED', ['x']]);
  });
});
