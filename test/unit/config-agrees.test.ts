/** The configuration refuses exactly what the parts behind it would refuse: neither is stricter. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { balanceDefaults, completeConfig } from '../../src/balance/config.ts';
import { defineSpace, type Overrides, type StageSpace } from '../../src/degradation/space.ts';
import { spaceLimits } from '../../src/degradation/space-check.ts';
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

  it('with the degradation space on every range', () => {
    const { kernelSize: _sizes, sincOmega: _omega, ...stage } = spaceLimits;
    for (const [key, [low, high]] of Object.entries(stage)) {
      for (const range of [
        [low, high],
        [low - edge, high],
        [low, high + edge],
        [high, low],
      ]) {
        const set = `degradation.space.stage1.${key}=[${range}]`;
        const inConfig = accepts(() => parse(minimal, [set]));
        const override = { [key]: range } as Overrides<StageSpace>;
        const inSpace = accepts(() => defineSpace({ stages: { 0: override } as never }));
        assert.equal(inConfig, inSpace, set);
        assert.equal(inConfig, range[0] === low && range[1] === high, set);
      }
    }
  });
});
