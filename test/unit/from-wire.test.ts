import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromWireContainer } from '../../src/api/wire/from-container.js';
import { fromWireEvent } from '../../src/api/wire/from-event.js';
import { fromWirePull, readPullEnd } from '../../src/api/wire/from-progress.js';
import { fromWireStats } from '../../src/api/wire/from-stats.js';
import { fromWirePathStat, toWirePathStat } from '../../src/api/wire/path-stat.js';
import { fromWireTime } from '../../src/api/wire/time.js';

test('statistics are read from both versions of cgroups, and of a container that does not run there are none', () => {
  const common = {
    read: '2026-01-02T03:04:05.5Z',
    cpu_stats: { cpu_usage: { total_usage: 3_000_000, usage_in_kernelmode: 1_000_000, usage_in_usermode: 2_000_000 } },
    pids_stats: { current: 3, limit: 2 ** 64 },
    networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
  };
  const v1 = { usage: 1000, max_usage: 2000, limit: 5000, stats: { total_inactive_file: 300, total_rss: 500 } };
  const v2 = { usage: 1000, limit: 9999, stats: { inactive_file: 300, anon: 500, file: 400, kernel: 100 } };
  const first = fromWireStats({ ...common, memory_stats: v1 }, 9999);
  assert.deepEqual([first?.cpu.usageUs, first?.cpu.userUs, first?.cpu.systemUs], [3000, 2000, 1000]);
  assert.deepEqual(
    [first?.memory.workingSetBytes, first?.memory.limitBytes, first?.memory.peakBytes],
    [700, 5000, 2000],
  );
  assert.deepEqual([first?.pids, first?.network?.receivedBytes, first?.network?.sentBytes], [{ current: 3 }, 11, 22]);
  const second = fromWireStats({ ...common, memory_stats: v2 }, 9999);
  assert.deepEqual(
    [second?.memory.workingSetBytes, second?.memory.anonBytes, second?.memory.kernelBytes],
    [700, 500, 100],
  );
  assert.equal(second?.memory.limitBytes, undefined, 'all that the host has is no limit');
  assert.equal(fromWireStats({ read: '0001-01-01T00:00:00Z', memory_stats: {}, pids_stats: {} }, 9999), undefined);
});

test('what an endpoint leaves out, or has other words for, takes nothing else away', () => {
  const { name, state, config, networks, limits } = fromWireContainer({
    Id: 'a'.repeat(64),
    Name: '/odd',
    State: { Status: 'stopped', ExitCode: 2 },
    Config: { Image: 'busybox', Cmd: ['sh'], Labels: { a: 'b' } },
    HostConfig: {
      Runtime: 'crun',
      Memory: 1024,
      MemorySwap: 2048,
      LogConfig: { Type: 'journald', Config: {} },
      SecurityOpt: ['apparmor=unconfined', 'no-new-privileges'],
      IpcMode: 'a word of its own',
    },
  });
  assert.deepEqual([name, networks, limits], ['odd', [], { memoryBytes: 1024 }]);
  assert.ok(state.status === 'exited' && state.exitCode === 2);
  assert.deepEqual([config.image, config.command, config.labels], ['busybox', ['sh'], { a: 'b' }]);
});

test('an event without a word in Gantry is none', () => {
  const told = {
    Type: 'container',
    Actor: { ID: 'x', Attributes: { name: 'a' } },
    timeNano: 1_500_000_000_123_000_000,
  };
  assert.equal(fromWireEvent({ ...told, Type: 'service', Action: 'create' }), undefined);
  const healthy = fromWireEvent({ ...told, Action: 'health_status: healthy' });
  assert.deepEqual([healthy?.action, healthy?.attributes], ['health_status', { name: 'a', healthStatus: 'healthy' }]);
  const exec = fromWireEvent({ ...told, Action: 'exec_create: sh -c echo: x' });
  assert.deepEqual([exec?.action, exec?.attributes['execCommand']], ['exec_create', 'sh -c echo: x']);
  assert.equal(fromWireEvent({ ...told, Action: 'died' })?.action, 'die', 'podman’s word');
});

test('progress of a pull is read, and how it ended', () => {
  assert.deepEqual(fromWirePull({ status: 'Downloading', id: 'abc', progressDetail: { current: 1, total: 2 } }), {
    ...{ phase: 'downloading', digest: 'sha256:abc', doneBytes: 1, totalBytes: 2 },
  });
  assert.equal(fromWirePull({ status: 'Status: Image is up to date for a:b' }), undefined);
  assert.deepEqual(readPullEnd({ status: 'Status: Image is up to date for a:b' }), { isNew: false });
});

test('modes of files and moments go there and back', () => {
  for (const mode of [0o100644, 0o104755, 0o041777, 0o120777, 0o010600, 0o140755, 0o060660, 0o020620]) {
    const stat = { name: 'a', sizeBytes: 1, mode, modifiedAtMs: 1_500_000_000_123 };
    assert.deepEqual(fromWirePathStat(toWirePathStat(stat)), stat, mode.toString(8));
  }
  assert.equal(fromWireTime('0001-01-01T00:00:00Z'), 0);
  assert.equal(fromWireTime('2026-01-02T03:04:05.0005+01:00'), Date.UTC(2026, 0, 2, 2, 4, 5) + 0.5);
});
