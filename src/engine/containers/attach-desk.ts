import type { ContainerId } from '../../model/ids.js';
import type { AttachChoice, MonitorClient } from '../isolation/monitor-client.js';

/** Somebody who attached to a container before it was started. */
export interface PendingAttach {
  readonly choice: AttachChoice;
  /** Gives it its client; undefined: there will be none. */
  readonly settle: (client: MonitorClient | undefined) => void;
}

/** Those of this process who wait for a start. start.ts takes them and gives the first the monitor's own client. */
export interface AttachDesk {
  add(id: ContainerId, pending: PendingAttach): void;
  /** True if it was still there. */
  drop(id: ContainerId, pending: PendingAttach): boolean;
  take(id: ContainerId): readonly PendingAttach[];
}

export function createAttachDesk(): AttachDesk {
  const waiting = new Map<ContainerId, PendingAttach[]>();
  return {
    add: (id, pending) => {
      waiting.set(id, [...(waiting.get(id) ?? []), pending]);
    },
    drop: (id, pending) => {
      const all = waiting.get(id) ?? [];
      const rest = all.filter((candidate) => candidate !== pending);
      if (rest.length === 0) waiting.delete(id);
      else waiting.set(id, rest);
      return rest.length < all.length;
    },
    take: (id) => {
      const all = waiting.get(id) ?? [];
      waiting.delete(id);
      return all;
    },
  };
}
