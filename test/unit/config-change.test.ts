import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../src/train/config.ts';
import { configChanges, identityOf, requireAllowed } from '../../src/train/config-change.ts';
import { setAside } from '../../src/train/photos.ts';

const parse = (...set: string[]) =>
  parseConfig('images: {train: /photos}', { origin: 'run.yaml', folder: '/', set });
const before = parse();

describe('changes of a configuration', () => {
  it('are found down to single keys', () => {
    assert.deepEqual(configChanges(before, parse()), []);
    const now = parse('training.steps=7', 'training.schedule={type: constant}');
    assert.deepEqual(
      configChanges(before, now).map(({ key, before: old, now: fresh }) => [key, old, fresh]),
      [
        ['training.schedule.minimum', '1e-7', undefined],
        ['training.schedule.periods', '1', undefined],
        ['training.schedule.type', '"cosine"', '"constant"'],
        ['training.steps', '100000', '7'],
      ],
    );
  });

  it('need leave, by key or by group, and some get none', () => {
    const changes = (...set: string[]) => configChanges(before, parse(...set));
    const refused = { code: 'E_CONFIG_CHANGED', exitCode: 9 };
    requireAllowed(changes(), []);
    requireAllowed(changes('log.every=5'), ['log']);
    requireAllowed(changes('log.every=5'), ['log.every']);
    const precision = changes('training.precision=bfloat16');
    requireAllowed(precision, ['training.precision']);
    assert.throws(() => requireAllowed(precision, []), {
      ...refused,
      message: /training.precision: "float32" -> "bfloat16"$/,
      hint: /--allow-change training.precision/,
    });
    const version = configChanges({ evensr: '1.0.0' }, { evensr: '1.1.0' });
    assert.throws(() => requireAllowed(version, []), {
      ...refused,
      message: /evensr: "1.0.0" -> "1.1.0"$/,
      hint: /--allow-change evensr/,
    });
    requireAllowed(version, ['evensr']);
    assert.throws(() => requireAllowed(changes('log.every=5'), ['log.ever', 'lo']), refused);
    assert.throws(() => requireAllowed(changes('log.every=5', 'seed=1'), ['log', 'seed']), {
      ...refused,
      message: /seed: 0 -> 1$/,
      hint: /seed cannot change/,
    });
  });

  it('alter the identity unless they may be allowed', () => {
    const same = (...set: string[]) => identityOf(parse(...set)) === identityOf(before);
    for (const harmless of ['training.steps=7', 'log.every=5', 'name=other', 'images.train=/moved'])
      assert.ok(same(harmless), harmless);
    for (const fixed of [
      'seed=1',
      'scale=2',
      'network.numFeat=8',
      'balance.gamma=1',
      'balance.rule=temperature',
      'balance.shares={a: 1}',
      'tasks.boundaries.noise=[9, 16]',
      'degradation.space.stage1.jpegQuality=[40, 95]',
      'training.batchSize=4',
    ])
      assert.ok(!same(fixed), fixed);
  });
});

describe('photographs that are set aside', () => {
  const photos = ['c', 'a', 'e', 'b', 'd', 'a'].map((sha256) => ({ sha256 }));

  it('are chosen by content, at least one, and never trained on', () => {
    assert.deepEqual(setAside(photos, 0.34), { training: [0, 2, 3, 4], validation: [1, 5] });
    assert.deepEqual(setAside(photos, 0), { training: [0, 2, 3, 4], validation: [1] });
    assert.deepEqual(setAside(photos.slice(0, 1), 0.5), { training: [], validation: [0] });
    const moved = photos.toReversed();
    const chosen = setAside(moved, 0.5).validation.map((at) => moved[at]?.sha256);
    assert.deepEqual(chosen.toSorted(), ['a', 'a', 'b']);
  });
});
