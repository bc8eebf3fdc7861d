import type { CgroupStats } from '../../model/cgroup-stats.js';
import type { ProcessIdentity } from '../../model/container.js';
import type { EngineEvent } from '../../model/events.js';
import type { ContainerId } from '../../model/ids.js';
import type { Cgroup, StatsReader } from '../isolation/cgroup/driver.js';

/** Where a running container's figures are. */
export interface StatsTarget {
  readonly cgroup: Pick<Cgroup, 'openStats'>;
  readonly init: ProcessIdentity;
  /** False with `--network host` and in another container's namespace: those figures are not this container's. */
  readonly hasOwnNetwork: boolean;
}

export interface ContainerStatsParts {
  /** Undefined unless a process of the container lives. Asked when a reader is opened and after news, not at each reading. */
  readonly locate: (id: ContainerId) => StatsTarget | undefined;
  /** What happens from the call on, whichever process makes it happen; ends by the signal. */
  readonly follow: (signal: AbortSignal) => AsyncIterable<EngineEvent>;
}

/** Readings of containers, from descriptors that stay open between them. */
export interface ContainerStats {
  /** One reading of each that runs. */
  read(ids: readonly ContainerId[]): ReadonlyMap<ContainerId, CgroupStats>;
  /** One reading at once, then one every `intervalMs`; ends with the container or the signal. */
  follow(id: ContainerId, options: StatsFollowOptions): AsyncIterable<CgroupStats>;
  /** Makes the next reading show limits that were just changed; the event of that comes later. */
  refresh(id: ContainerId): void;
  close(): void;
}

export interface StatsFollowOptions {
  readonly intervalMs: number;
  readonly signal?: AbortSignal;
}

interface KeptReader {
  readonly reader: StatsReader;
  readonly init: ProcessIdentity;
  usedAtMs: number;
}

/**
 * A reader that nobody uses holds 17 descriptors, and the one for the network keeps the container's network namespace
 * alive after its end.
 */
const IDLE_MS = 5000;
/** News come in bursts: a hundred starts are one look. */
const NEWS_PAUSE_MS = 50;

export function createContainerStats(parts: ContainerStatsParts): ContainerStats {
  const kept = new Map<ContainerId, KeptReader>();
  let idleTimer: NodeJS.Timeout | undefined;
  let newsTimer: NodeJS.Timeout | undefined;
  let following: AbortController | undefined;

  const drop = (id: ContainerId): void => {
    kept.get(id)?.reader.close();
    kept.delete(id);
    if (kept.size > 0) return;
    clearInterval(idleTimer);
    clearTimeout(newsTimer);
    following?.abort();
    [idleTimer, newsTimer, following] = [undefined, undefined, undefined];
  };
  const dropEnded = (): void => {
    newsTimer = undefined;
    for (const [id, { init }] of kept) if (!isSame(init, parts.locate(id)?.init)) drop(id);
  };
  const dropIdle = (): void => {
    const limit = performance.now() - IDLE_MS;
    for (const [id, { usedAtMs }] of kept) if (usedAtMs < limit) drop(id);
  };
  const followEvents = async (events: AsyncIterable<EngineEvent>): Promise<void> => {
    for await (const { type, id, action } of events) {
      if (type !== 'container' || id === '') continue;
      if (action === 'oom' || action === 'update') kept.get(id)?.reader.refresh();
      else if (kept.has(id)) newsTimer ??= setTimeout(dropEnded, NEWS_PAUSE_MS).unref();
    }
  };
  const open = (id: ContainerId): KeptReader | undefined => {
    const target = parts.locate(id);
    if (target === undefined) return undefined;
    const reader = target.cgroup.openStats(target.hasOwnNetwork ? target.init.pid : undefined);
    const opened = { reader, init: target.init, usedAtMs: 0 };
    kept.set(id, opened);
    if (following === undefined) {
      following = new AbortController();
      // Ends with the last reader. Where events cannot be read, figures are older and readers end by themselves.
      followEvents(parts.follow(following.signal)).catch(() => undefined);
    }
    idleTimer ??= setInterval(dropIdle, IDLE_MS).unref();
    return opened;
  };
  const readOne = (id: ContainerId): CgroupStats | undefined => {
    const entry = kept.get(id) ?? open(id);
    if (entry === undefined) return undefined;
    entry.usedAtMs = performance.now();
    const stats = entry.reader.read();
    if (stats === undefined) drop(id);
    return stats;
  };
  return {
    read(ids) {
      const readings = ids.map((id) => [id, readOne(id)] as const);
      return new Map(readings.filter((pair): pair is [ContainerId, CgroupStats] => pair[1] !== undefined));
    },
    follow: (id, options) => followStats(() => readOne(id), options),
    refresh: (id) => kept.get(id)?.reader.refresh(),
    close: () => {
      for (const id of [...kept.keys()]) drop(id);
    },
  };
}

function isSame(one: ProcessIdentity, other: ProcessIdentity | undefined): boolean {
  return one.pid === other?.pid && one.startTicks === other.startTicks;
}

async function* followStats(
  read: () => CgroupStats | undefined,
  { intervalMs, signal }: StatsFollowOptions,
): AsyncIterable<CgroupStats> {
  let dueAtMs = performance.now();
  while (signal?.aborted !== true) {
    const stats = read();
    if (stats === undefined) return;
    yield stats;
    // From the time it was due and not from now, so that readings do not drift; a slow consumer skips some.
    dueAtMs = Math.max(dueAtMs + intervalMs, performance.now());
    await pause(Math.max(0, dueAtMs - performance.now()), signal);
  }
}

/** Resolves after the time, at once when the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
