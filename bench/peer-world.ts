import { type OpenedPeers, openPeers, type PeerName } from './peers/open-peers.js';
import type { PeerSettings } from './peers/peer.js';

/** The peers of several benchmarks, opened when the first one asks. */
export interface PeerWorld {
  open(): Promise<OpenedPeers>;
  /** Ends all peers; nothing of them is left. Does nothing where none was opened. */
  close(): Promise<void>;
}

export function createPeerWorld(names: readonly PeerName[], network: PeerSettings['network'] = 'none'): PeerWorld {
  let opened: Promise<OpenedPeers> | undefined;
  return {
    open: () => {
      opened ??= openPeers(names, network);
      return opened;
    },
    close: async () => {
      const world = await opened;
      if (world === undefined) return;
      const ends = await Promise.allSettled(world.peers.map((peer) => peer.close()));
      world.removeFolder();
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}
