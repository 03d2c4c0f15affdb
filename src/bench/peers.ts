/** The contenders that this machine can run, and what became of the others. */
import { PeerError, type PeerProcess } from './peer.ts';

export interface PeerReception<Peer extends PeerProcess> {
  /** Throws PeerError when it cannot be started. */
  start(name: Peer['name']): Promise<Peer>;
  /** Throws PeerError when a contender that is there is not to be used. */
  admit(peer: Peer): Promise<void>;
  /** One is left out from now on, and why, in one line. */
  onLeftOut(name: string, reason: string): void;
}

/** Contenders that are started, checked, and left out when they cannot do what they should. */
export class PeerSet<Peer extends PeerProcess> {
  private readonly peers = new Map<string, Peer>();
  private readonly reception: PeerReception<Peer>;

  private constructor(reception: PeerReception<Peer>) {
    this.reception = reception;
  }

  static async start<Peer extends PeerProcess>(
    names: readonly Peer['name'][],
    reception: PeerReception<Peer>,
  ): Promise<PeerSet<Peer>> {
    const set = new PeerSet(reception);
    for (const name of names) {
      await set.trying(async () => {
        const peer = await reception.start(name);
        set.peers.set(name, peer);
        await reception.admit(peer);
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
      this.reception.onLeftOut(error.peer, error.message);
      const peer = this.peers.get(error.peer);
      this.peers.delete(error.peer);
      await peer?.close();
      return undefined;
    }
  }

  /** The work with those of `names` that are there; once more without any that fails in it. */
  async among<Result extends object>(
    names: readonly Peer['name'][],
    work: (peers: Peer[]) => Promise<Result>,
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
