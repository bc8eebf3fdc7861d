import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import {
  listDescendants,
  listNamespaces,
  parseIdMap,
  readProcessSecurity,
} from '../../src/engine/isolation/namespaces.js';
import type { ContainerId } from '../../src/model/ids.js';
import { isProcessAlive, readProcessStat } from '../../src/platform/proc.js';

test('a process is known by its pid and start time, whatever its name', async () => {
  const child = spawn(process.execPath, [
    '-e',
    'process.title = "a) b (c"; console.log(); setInterval(() => {}, 1000)',
  ]);
  await once(child.stdout, 'data');
  const stat = readProcessStat(child.pid ?? 0);
  assert.deepEqual([stat?.name, stat?.parentPid], ['a) b (c', process.pid]);
  const identity = { pid: child.pid ?? 0, startTicks: stat?.startTicks ?? 0 };
  assert.ok(isProcessAlive(identity));
  assert.ok(!isProcessAlive({ ...identity, startTicks: identity.startTicks + 1 }));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(!isProcessAlive(identity));
  assert.equal(readProcessStat(identity.pid), undefined);
});

test("what two containers share is one namespace with both, and the host's are marked", () => {
  const [one, two] = ['a'.repeat(64), 'b'.repeat(64)] as ContainerId[] as [ContainerId, ContainerId];
  const namespaces = listNamespaces([
    { id: one, pids: [process.pid] },
    { id: two, pids: [process.pid, process.ppid] },
  ]);
  const net = namespaces.find(({ type, host }) => type === 'net' && host);
  assert.equal(net?.inode, Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]));
  assert.deepEqual(net?.containerIds, [one, two]);
  assert.ok(namespaces.every(({ host }) => host));
});

test('the security of a process is read as the kernel says it', () => {
  const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
  const security = readProcessSecurity({ pid: process.pid, startTicks });
  assert.equal(security?.uid, process.geteuid?.());
  assert.deepEqual(security?.capabilities.ambient, []);
  assert.ok((security?.uidMap.length ?? 0) > 0);
  assert.equal(readProcessSecurity({ pid: process.pid, startTicks: startTicks + 1 }), undefined);
});

test('an id map is read line by line', () => {
  assert.deepEqual(parseIdMap('         0     100000      65536\n     65536          7          1\n'), [
    { insideId: 0, outsideId: 100000, count: 65536 },
    { insideId: 65536, outsideId: 7, count: 1 },
  ]);
});

test('descendants are the process itself and all it started', async () => {
  const child = spawn('/bin/sh', ['-c', 'sleep 1000 & echo; wait']);
  await once(child.stdout, 'data');
  const found = listDescendants(child.pid ?? 0);
  assert.equal(found[0], child.pid);
  assert.equal(found.length, 2);
  for (const pid of found) process.kill(pid, 'SIGKILL');
  await once(child, 'exit');
});
