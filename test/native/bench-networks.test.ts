import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { comparedSteps, compareResults } from '../../src/bench/networks/agreement.ts';
import { type NetworkCase, networkCases } from '../../src/bench/networks/cases.ts';
import { ownMemory } from '../../src/bench/networks/memory.ts';
import { OwnNetwork } from '../../src/bench/networks/own.ts';
import {
  NetworkPeer,
  type NetworkPeerName,
  networkPeerNames,
} from '../../src/bench/networks/peer.ts';
import { timeNetworkCase } from '../../src/bench/networks/time.ts';
import { NetworkWork } from '../../src/bench/networks/work.ts';
import { PeerError } from '../../src/bench/peer.ts';
import type { NetworkConfig } from '../../src/network/build.ts';
import { pythonWith } from '../python.ts';

const python: Record<NetworkPeerName, ReturnType<typeof pythonWith>> = {
  'torch-fp32': pythonWith('torch', 'numpy'),
  'torch-bf16': pythonWith('torch', 'numpy'),
  onnxruntime: pythonWith('onnxruntime', 'numpy'),
};
const search = { ways: ['eager'], rounds: 1, seconds: 0, compileSeconds: 0 } as const;

const toyNetworks: NetworkConfig[] = [
  { type: 'srvgg', scale: 4, numFeat: 8, numConv: 2, activation: 'prelu', init: 'he' },
  { type: 'msrresnet', scale: 4, numFeat: 16, numBlock: 2 },
  { type: 'rrdbnet', scale: 4, numFeat: 16, numBlock: 1, numGrowCh: 8 },
];

function toyCase(job: NetworkCase['job'], network: NetworkConfig): NetworkCase {
  const gain = network.type === 'srvgg' ? 1 : 4;
  const shape = { batch: 2, side: 12 };
  const name = `${job}/toy-${network.type}/fp32`;
  return { name, job, dtype: 'fp32', network, gain, shape, peers: networkPeerNames };
}

/** What a case shares, and our own side of it, on one thread. */
async function withWork(
  found: NetworkCase,
  check: (work: NetworkWork, own: OwnNetwork) => Promise<void>,
): Promise<void> {
  const work = new NetworkWork(found, 1);
  const own = await OwnNetwork.start(work);
  try {
    await work.share();
    await check(work, own);
  } finally {
    own.dispose();
    work.dispose();
  }
}

const startPeer = (name: NetworkPeerName) =>
  NetworkPeer.start(name, { python: python[name].path, threads: 1 });

for (const name of networkPeerNames) {
  describe(`peer ${name}`, { skip: python[name].skip }, () => {
    let peer: NetworkPeer;
    before(async () => {
      peer = await startPeer(name);
    });
    after(() => peer.close());

    for (const network of toyNetworks) {
      it(`computes what evensr computes: ${network.type}`, async () => {
        const job = name === 'onnxruntime' ? 'infer' : 'train';
        await withWork(toyCase(job, network), async (work, own) => {
          await peer.prepare(work.forPeers());
          const { variant, trials } = await peer.choose(search);
          assert.match(variant, name === 'onnxruntime' ? /optim/ : /^eager (contig|channels)/);
          assert.equal(Object.keys(trials).length, name === 'onnxruntime' ? 0 : 2);
          const result = await own.result(comparedSteps);
          const distances = await compareResults(peer, work, result);
          const compared = job === 'train' ? ['pixels', 'gradients', 'losses'] : ['pixels'];
          assert.deepEqual(Object.keys(distances), compared);
          assert.ok((await peer.once()) > 0);
        });
      });
    }

    it('is refused when it computes something else', async () => {
      const found = toyCase('infer', toyNetworks[2] as NetworkConfig);
      await withWork(found, async (work, own) => {
        await peer.prepare(work.forPeers());
        const pixels = 3 * found.shape.batch * found.shape.side ** 2;
        writeFileSync(join(work.folder, 'lq.f32'), new Uint8Array(4 * pixels));
        await peer.choose(search);
        const result = await own.result(comparedSteps);
        await assert.rejects(compareResults(peer, work, result), (error) => {
          assert.ok(error instanceof PeerError);
          assert.match(error.message, /^its pixels of infer\/toy-rrdbnet\/fp32 differ .* > /);
          return true;
        });
      });
    });
  });
}

describe('a network case', { skip: python['torch-fp32'].skip }, () => {
  let peer: NetworkPeer;
  before(async () => {
    peer = await startPeer('torch-fp32');
  });
  after(() => peer.close());

  it('is compared, timed in turn, and weighed', async () => {
    const found = toyCase('train', toyNetworks[0] as NetworkConfig);
    const lines: string[] = [];
    const recorded = await timeNetworkCase(found, [peer], {
      ...{ threads: 1, patience: { samples: 2, seconds: 60, least: 1 }, search },
      onChosen: (line) => lines.push(line),
    });
    assert.equal(recorded.unit, 'ms/step');
    assert.equal(recorded.n, 2);
    assert.ok((recorded.gflops ?? 0) > 0 && recorded.floorShare > 0);
    const { products = 0, transforms = 0, ...others } = recorded.shares ?? {};
    assert.equal(products + transforms, 0, 'eight channels are too few for Winograd');
    for (const kind of ['other convolutions', 'upsampling', 'loss', 'optimizer'])
      assert.ok((others[kind] ?? 0) > 0, kind);
    const sum = Object.values(others).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
    const [torch] = recorded.peers;
    assert.match(torch?.variant ?? '', /^eager /);
    assert.ok((torch?.ratio ?? 0) > 0);
    if (process.platform === 'linux') {
      for (const { memory } of [recorded, ...recorded.peers])
        assert.ok((memory?.peak ?? 0) > (memory?.before ?? Number.NaN));
    }
    assert.match(lines.join(), /^peer torch-fp32 \d.*: eager .*; pixels .* apart, gradients/);
  });

  it('of a GAN compares every part of the losses and both gradients', async () => {
    const toy = toyCase('train', toyNetworks[2] as NetworkConfig);
    const gan = { numFeat: 8, layers: { conv1_1: 0.5, conv2_1: 1 } };
    await withWork({ ...toy, gan }, async (work, own) => {
      await peer.prepare(work.forPeers());
      const { leftOut } = await peer.choose({ ...search, ways: ['eager', 'compile'] });
      assert.deepEqual(Object.keys(leftOut), ['compile contiguous', 'compile channels_last']);
      assert.match(Object.values(leftOut).join(), /^no time left of 0 s/);
      const distances = await compareResults(peer, work, await own.result(comparedSteps));
      const losses = ['pixel', 'perceptual', 'gan', 'real', 'fake'].map((name) => `${name} losses`);
      const compared = ['pixels', 'gradients', ...losses, "discriminator's gradients"];
      assert.deepEqual(Object.keys(distances), compared);
      assert.ok((await peer.once()) > 0);
    });
  });

  it('names a network that its peers do not have', async () => {
    const network: NetworkConfig = { type: 'srvgg', scale: 4, numFeat: 8, numConv: 1 };
    const found = toyCase('infer', { ...network, activation: 'relu' });
    await withWork(found, async (work) => {
      await peer.prepare(work.forPeers());
      await assert.rejects(peer.choose(search), /ValueError: no network for .*relu/);
    });
  });
});

describe('our own memory', { skip: process.platform !== 'linux' && 'only Linux tells it' }, () => {
  it('is that of a process that does nothing else: a larger picture takes more', async () => {
    const small = toyCase('infer', toyNetworks[0] as NetworkConfig);
    const large = { ...small, shape: { batch: 1, side: 512 } };
    const rounds = 1;
    const some = await ownMemory({ found: small, threads: 1, rounds });
    const more = await ownMemory({ found: large, threads: 1, rounds });
    assert.ok(some.before > 1e7 && some.peak >= some.before);
    // The result alone is 3 x 2048 x 2048 floats.
    assert.ok(more.peak - some.peak > 5e7, `${some.peak} ${more.peak}`);
  });
});

describe('the gradients that are compared', () => {
  it('are those of the step that is timed', async () => {
    const found = toyCase('train', toyNetworks[1] as NetworkConfig);
    await withWork(found, async (work, own) => {
      const { gradients = new Float32Array(), losses } = await own.result(comparedSteps);
      assert.equal(gradients.length, work.weights.length);
      assert.ok(gradients.every(Number.isFinite) && gradients.some((value) => value !== 0));
      const { loss = [] } = losses;
      assert.equal(loss.length, comparedSteps);
      assert.ok((loss[2] as number) < (loss[0] as number), 'Adam lowers the loss');
    });
  });
});

describe('network cases', () => {
  it('are named by job, network and dtype, each once', () => {
    const names = networkCases.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, job, dtype } of networkCases) {
      assert.match(name, new RegExp(`^${job}/[a-z0-9-]+/${dtype}$`));
    }
  });
});
