import type { Network } from '../../model/network.js';

/** What of a network is on the host: its bridge and its rules of the firewall. Nothing for `host` and `none`. */
export interface NetworkLinks {
  /** Makes what is not there yet; resolves when containers can be put into it. Rejects: unavailable, conflict. */
  up(network: Network): Promise<void>;
  /** Removes what is there; nothing there is no error. */
  down(network: Network): Promise<void>;
  /** Makes rules of the firewall again that others have removed. Rejects: unavailable. */
  rewrite(): Promise<void>;
}
