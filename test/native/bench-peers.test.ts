import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOperators, checkPipeline } from '../../src/bench/agreement.ts';
import { degradeCases } from '../../src/bench/cases.ts';
import { startPeers } from '../../src/bench/degrade.ts';
import { DegradePeer, type PeerName } from '../../src/bench/degrade-peer.ts';
import { GtFile } from '../../src/bench/gt.ts';
import { PeerError } from '../../src/bench/peer.ts';
import { pythonWith } from '../python.ts';

const python = {
  torch: pythonWith('torch', 'numpy'),
  opencv: pythonWith('cv2', 'numpy'),
  scipy: pythonWith('scipy', 'cv2', 'numpy'),
};
const caseOf = { torch: 'degrade/256', opencv: 'bsrgan/400', scipy: 'bsrgan/400' };
const optionsOf = (name: PeerName) => ({ python: python[name].path, threads: 1 });

for (const name of ['torch', 'opencv', 'scipy'] as const) {
  describe(`peer ${name}`, { skip: python[name].skip }, () => {
    it('gives what evensr gives, operator by operator and as a whole', async () => {
      const found = degradeCases.find((one) => one.name === caseOf[name]);
      assert.ok(found);
      const peer = await DegradePeer.start(name, optionsOf(name));
      try {
        assert.ok((await checkOperators(peer)) >= 12);
        const gt = new GtFile(256, 1);
        const recipes = found.recipes().slice(0, 4);
        await checkPipeline(peer, recipes, { levels: gt.pictures[0] as Uint8Array, side: 256 });
        gt.dispose();
      } finally {
        await peer.close();
      }
    });

    it('degrades what was prepared, and tells the time', async () => {
      const found = degradeCases.find((one) => one.name === caseOf[name]);
      const gt = new GtFile(96, 4);
      const peer = await DegradePeer.start(name, optionsOf(name));
      try {
        const recipes = found?.recipes().slice(0, 4) ?? [];
        await peer.prepare({ gt: gt.path, side: 96, batch: 4, usm: name === 'torch', recipes });
        assert.ok((await peer.once()) > 0);
      } finally {
        await peer.close();
        gt.dispose();
      }
    });

    it('is left out once it fails, and the work is done without it', async () => {
      const leftOut: string[] = [];
      const set = await startPeers([name], optionsOf(name), {
        onReady: () => {},
        onLeftOut: (peer, reason) => leftOut.push(`${peer}: ${reason}`),
      });
      const rounds: number[] = [];
      const result = await set.among([name], async (peers) => {
        rounds.push(peers.length);
        await peers[0]?.prepare({ gt: '/none', side: 96, batch: 4, usm: false, recipes: [] });
        return { done: true };
      });
      await set.close();
      assert.deepEqual(result, { done: true });
      assert.deepEqual(rounds, [1, 0]);
      assert.match(leftOut.join(), new RegExp(`^${name}: FileNotFoundError`));
    });
  });
}

describe('a peer without its modules', () => {
  it('is told by name of what is missing', async () => {
    const none = { python: 'python3-that-is-not-there', threads: 1 };
    await assert.rejects(DegradePeer.start('torch', none), (error) => {
      assert.ok(error instanceof PeerError);
      assert.equal(error.message, 'there is no python3-that-is-not-there');
      return true;
    });
  });
});
