import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Disagreement, fastestThatAgrees } from '../../src/bench/networks/agreement.ts';
import { PeerError } from '../../src/bench/peer.ts';

const choice = {
  variant: 'compile contiguous',
  trials: { 'eager contiguous': 9, 'compile contiguous': 5, 'eager channels_last': 7 },
  leftOut: { 'compile channels_last': 'not ready' },
};

/** Looks for a variant among those that compute what we do, and notes which were begun. */
async function search(
  agreeing: readonly string[],
  error: Error = new Disagreement('torch', 'far'),
) {
  let current = choice.variant;
  const begun: string[] = [];
  const begin = async (variant: string) => {
    current = variant;
    begun.push(variant);
  };
  const found = await fastestThatAgrees(choice, begin, async () => {
    if (!agreeing.includes(current)) throw error;
    return { pixels: 1e-6 };
  });
  return { ...found, begun };
}

describe('the way of a peer that is timed', () => {
  it('is the fastest when that computes what we do', async () => {
    const found = await search(['compile contiguous', 'eager contiguous']);
    assert.deepEqual(found, { choice, distances: { pixels: 1e-6 }, begun: [] });
  });

  it('is the next one when the fastest computes something else, which is told', async () => {
    const { choice: chosen, begun } = await search(['eager contiguous']);
    assert.equal(chosen.variant, 'eager contiguous');
    assert.deepEqual(begun, ['eager channels_last', 'eager contiguous']);
    assert.deepEqual(chosen.leftOut, {
      'compile channels_last': 'not ready',
      'compile contiguous': 'far',
      'eager channels_last': 'far',
    });
  });

  it('is none when no variant does, or when the peer fails in another way', async () => {
    await assert.rejects(search([]), Disagreement);
    const broken = new PeerError('torch', 'ended');
    await assert.rejects(search(['eager contiguous'], broken), (error) => error === broken);
  });

  it('is its only one for a peer without trials', async () => {
    const only = { variant: 'all optimizations', trials: {}, leftOut: {} };
    const begin = () => Promise.reject(new Error('begun again'));
    const found = await fastestThatAgrees(only, begin, async () => ({ pixels: 0 }));
    assert.deepEqual(found.choice, only);
  });
});
