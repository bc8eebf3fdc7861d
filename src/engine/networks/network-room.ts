import type { NetworkParts } from './network-parts.js';

/** The networks of an engine, loaded when something asks for them: a list of containers does not. */
export interface NetworkRoom {
  open(): Promise<NetworkParts>;
}

export function createNetworkRoom(load: () => Promise<NetworkParts>): NetworkRoom {
  let opened: Promise<NetworkParts> | undefined;
  return {
    open: () => {
      opened ??= load();
      return opened;
    },
  };
}
