import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainerStats, type StatsTarget } from '../../src/engine/containers/stats.js';
import type { StatsReader } from '../../src/engine/isolation/cgroup/driver.js';
import type { CgroupStats } from '../../src/model/cgroup-stats.js';
import type { ContainerAction, EngineEvent } from '../../src/model/events.js';
import type { ContainerId } from '../../src/model/ids.js';
import { AsyncQueue } from '../support/async-queue.js';
import { waitFor } from '../support/wait-for.js';

const id = 'a'.repeat(64) as ContainerId;
const other = 'b'.repeat(64) as ContainerId;

/** Containers that run or not, and readers that count. */
function makeHost() {
  const running = new Map<ContainerId, number>([[id, 10]]);
  const opened: (number | undefined)[] = [];
  let open = 0;
  let usageUs = 0;
  let tell: ((event: EngineEvent) => void) | undefined;
  let refreshes = 0;
  const openStats = (pid?: number): StatsReader => {
    opened.push(pid);
    open++;
    return {
      read: () => ({ cpu: { usageUs: ++usageUs } }) as CgroupStats,
      refresh: () => void refreshes++,
      close: () => void open--,
    };
  };
  const stats = createContainerStats({
    locate(wanted): StatsTarget | undefined {
      const pid = running.get(wanted);
      return pid === undefined
        ? undefined
        : { cgroup: { openStats }, init: { pid, startTicks: 1 }, hasOwnNetwork: pid !== 99 };
    },
    follow(signal) {
      const events = new AsyncQueue<EngineEvent>();
      tell = (event) => events.push(event);
      signal.addEventListener('abort', () => {
        events.end();
        tell = undefined;
      });
      return events;
    },
  });
  return {
    stats,
    running,
    opened,
    countOpen: () => open,
    isFollowing: () => tell !== undefined,
    countRefreshes: () => refreshes,
    tell: (action: ContainerAction) => tell?.({ type: 'container', id, action, attributes: {}, atMs: 0 }),
  };
}

test('one reading of each container that runs, from a reader that is kept', () => {
  const host = makeHost();
  assert.deepEqual([...host.stats.read([id, other]).keys()], [id]);
  assert.equal(host.stats.read([id]).get(id)?.cpu.usageUs, 2);
  assert.deepEqual(host.opened, [10]);
  host.stats.close();
  assert.equal(host.countOpen(), 0);
});

test('a container with the host’s network has no network figures', () => {
  const host = makeHost();
  host.running.set(id, 99);
  host.stats.read([id]);
  assert.deepEqual(host.opened, [undefined]);
  host.stats.close();
});

test('a reader is closed when its container has ended, without anybody reading', async () => {
  const host = makeHost();
  host.stats.read([id]);
  assert.ok(host.isFollowing());
  host.running.delete(id);
  host.tell('die');
  await waitFor('the reader to be closed', () => host.countOpen() === 0);
  assert.equal(host.isFollowing(), false);
});

test('a container that has started again is read anew, from its new first process', async () => {
  const host = makeHost();
  host.running.set(other, 20);
  host.stats.read([id, other]);
  host.running.set(id, 11);
  host.tell('die');
  await waitFor('the old reader to be closed', () => host.countOpen() === 1);
  host.stats.read([id, other]);
  assert.deepEqual(host.opened, [10, 20, 11]);
  host.stats.close();
});

test('what an event tells of is read at the next reading: OOM kills and limits', async () => {
  const host = makeHost();
  host.stats.read([id]);
  for (const [count, action] of (['oom', 'update'] as const).entries()) {
    host.tell(action);
    await waitFor('the refresh', () => host.countRefreshes() === count + 1);
  }
  assert.equal(host.countOpen(), 1);
  host.stats.close();
});

test('following gives one reading at once and more until the container ends', async () => {
  const host = makeHost();
  let count = 0;
  for await (const stats of host.stats.follow(id, { intervalMs: 5 })) {
    assert.equal(stats.cpu.usageUs, ++count);
    if (count < 3) continue;
    host.running.delete(id);
    host.stats.close();
  }
  assert.equal(count, 3);
});

test('following ends by its signal while it waits', async () => {
  const host = makeHost();
  const end = new AbortController();
  const readings: number[] = [];
  for await (const stats of host.stats.follow(id, { intervalMs: 1e6, signal: end.signal })) {
    readings.push(stats.cpu.usageUs);
    setImmediate(() => end.abort());
  }
  assert.deepEqual(readings, [1]);
  host.stats.close();
});
