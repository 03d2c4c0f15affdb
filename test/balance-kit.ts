/** Runs balance rules on histories, without a network. */
import assert from 'node:assert/strict';
import type { BalanceConfig } from '../src/balance/config.ts';
import { balanceContext, type TaskMass } from '../src/balance/context.ts';
import type { Measurement } from '../src/balance/needs.ts';
import type { Decision, Observation } from '../src/balance/rule.ts';
import { balanceRule } from '../src/balance/rules/index.ts';

export const allMeasured: Measurement[] = ['alignments', 'naturalPsnr', 'lossesAfter'];

/** What a rule decides at the start and after each observation; its state goes through JSON. */
export function decisionsOf(
  tasks: readonly TaskMass[],
  config: Partial<BalanceConfig> & { rule: string },
  observations: readonly Observation[],
): Decision<unknown>[] {
  const rule = balanceRule(config.rule);
  const context = balanceContext(tasks, rule, { config, seed: 1, provides: allMeasured });
  const decisions = [rule.start(context)];
  for (const observation of observations) {
    const { state } = decisions.at(-1) as Decision<unknown>;
    const saved = JSON.parse(JSON.stringify(state));
    assert.deepEqual(saved, state, 'the state is plain JSON');
    decisions.push(rule.update(context, saved, observation));
  }
  return decisions;
}

export function assertClose(
  actual: readonly number[] | undefined,
  expected: readonly number[],
  tolerance = 1e-9,
): void {
  assert.equal(actual?.length, expected.length);
  for (const [index, value] of expected.entries()) {
    const off = Math.abs((actual?.[index] as number) - value);
    assert.ok(off <= tolerance, `${actual} instead of ${expected}`);
  }
}
