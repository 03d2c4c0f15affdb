/** The contenders that this machine can run, and what became of the others. */
import { checkOperators } from './agreement.ts';
import { PeerError, type PeerName, type PeerOptions, PeerProcess } from './peer.ts';

export interface PeerNews {
  /** A contender that is there, and in how many trials its operators gave what evensr's give. */
  onReady(peer: PeerProcess, trials: number): void;
  /** One that is left out from now on, and why, in one line. */
  onLeftOut(name: PeerName, reason: string): void;
}

/** Contenders that are started, checked, and left out when they cannot do what they should. */
export class PeerSet {
  private readonly peers = new Map<PeerName, PeerProcess>();
  private readonly news: PeerNews;

  private constructor(news: PeerNews) {
    this.news = news;
  }

  static async start(
    names: readonly PeerName[],
    options: PeerOptions,
    news: PeerNews,
  ): Promise<PeerSet> {
    const set = new PeerSet(news);
    for (const name of names) {
      await set.trying(async () => {
        const peer = await PeerProcess.start(name, options);
        set.peers.set(name, peer);
        news.onReady(peer, await checkOperators(peer));
      });
    }
    return set;
  }

  /** What the work gives; nothing if a contender failed in it, who is then left out. */
  private async trying<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.news.onLeftOut(error.peer, error.message);
      const peer = this.peers.get(error.peer);
      this.peers.delete(error.peer);
      await peer?.close();
      return undefined;
    }
  }

  /** The work with those of `names` that are there; once more without any that fails in it. */
  async among<Result extends object>(
    names: readonly PeerName[],
    work: (peers: PeerProcess[]) => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      const peers = names.flatMap((name) => this.peers.get(name) ?? []);
      const result = await this.trying(() => work(peers));
      if (result !== undefined) return result;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.peers.values()].map((peer) => peer.close()));
  }
}
