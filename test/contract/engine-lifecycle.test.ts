import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine, LogOptions } from '../../src/engine/engine.js';
import type { ContainerId, ContainerRef } from '../../src/model/ids.js';
import type { LimitsPatch } from '../../src/model/limits.js';
import { findBlockDevice } from '../support/cgroup-worlds.js';
import { createContainer, refuses, startNew } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const MIB = 2 ** 20;

async function readLog(engine: Engine, id: ContainerId, options: LogOptions = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of engine.containers.logs(id, options)) lines.push(text.trimEnd());
  return lines;
}

test('logs give a tail, a span of time and one stream, over files that were rotated', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const script = 'i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line $i; done; echo err >&2';
  const log = { driver: 'json-file', maxSizeBytes: 16_384, maxFiles: 10 } as const;
  const id = await startNew(engine, { command: ['sh', '-c', script], log });
  await engine.containers.wait(id);
  const all = await readLog(engine, id, { streams: ['stdout'] });
  assert.deepEqual(
    all,
    Array.from({ length: 600 }, (_, index) => `line ${index + 1}`),
  );
  assert.deepEqual(await readLog(engine, id, { streams: ['stderr'] }), ['err']);
  // The two streams are two pipes: which line of both is the last is not sure.
  const whole = await readLog(engine, id);
  assert.deepEqual(await readLog(engine, id, { tailLines: 500 }), whole.slice(-500));
  assert.deepEqual(await readLog(engine, id, { tailLines: 0 }), []);
  const entries: { readonly atMs: number; readonly text: string }[] = [];
  for await (const entry of engine.containers.logs(id, { streams: ['stdout'] })) entries.push(entry);
  const [from, to] = [entries[200]?.atMs ?? 0, entries[400]?.atMs ?? 0];
  const between = await readLog(engine, id, { sinceMs: from, untilMs: to, streams: ['stdout'] });
  assert.deepEqual(
    between,
    entries.filter(({ atMs }) => atMs >= from && atMs <= to).map(({ text }) => text.trimEnd()),
  );
  assert.ok(between.length >= 201);
  assert.deepEqual(await readLog(engine, id, { follow: true, tailLines: 2 }), whole.slice(-2));
});

test('a prefix that fits two containers is refused, and a name goes before a prefix', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  // Of seventeen ids two begin with the same digit.
  const ids: ContainerId[] = [];
  for (let count = 0; count < 17; count++) ids.push(await createContainer(engine));
  const twice = ids.map((id) => id.slice(0, 1)).find((digit, at, all) => all.indexOf(digit) !== at) ?? '';
  const find = (ref: string) => engine.containers.inspect(ref as ContainerRef);
  await refuses(find(twice), 'invalid-argument', `multiple IDs found with provided prefix: ${twice}`);
  const [first, second] = ids;
  assert.ok(first !== undefined && second !== undefined);
  await engine.containers.rename(second, first.slice(0, 12));
  assert.equal((await find(first.slice(0, 12))).id, second);
  assert.equal((await find(first)).id, first);
  await refuses(engine.containers.rename(first, first.slice(0, 12)), 'conflict', /is already in use by container/);
  await refuses(
    engine.containers.rename(second, first.slice(0, 12)),
    'invalid-argument',
    'Renaming a container with the same name as its current name',
  );
  await refuses(engine.containers.rename(first, ''), 'invalid-argument', 'Neither old nor new names may be empty');
  await refuses(engine.containers.rename(first, 'a b'), 'invalid-argument', /^Invalid container name \(a b\)/);
});

test('prune takes what was made before, has a label, or has it not', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const old = await createContainer(engine, { labels: { tier: 'web', keep: '1' } });
  const made = (await engine.containers.inspect(old)).createdAtMs;
  assert.deepEqual((await engine.containers.prune({ untilMs: made - 1 })).removed, []);
  const plain = await createContainer(engine);
  assert.deepEqual((await engine.containers.prune({ labels: { tier: 'db' } })).removed, []);
  assert.deepEqual(
    (await engine.containers.prune({ labels: { tier: 'web' }, withoutLabels: { keep: undefined } })).removed,
    [],
  );
  assert.deepEqual((await engine.containers.prune({ withoutLabels: { keep: '1' } })).removed, [plain]);
  assert.deepEqual((await engine.containers.prune({ labels: { tier: undefined }, untilMs: made + 60_000 })).removed, [
    old,
  ]);
});

test('kill takes signals by name and by number, and no others', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const script = 'for s in USR1 HUP; do trap "echo $s" $s; done; echo up; while :; do sleep 0.02; done';
  const id = await startNew(engine, { command: ['sh', '-c', script] });
  const said = (async () => {
    const lines: string[] = [];
    for await (const { text } of engine.containers.logs(id, { follow: true })) {
      lines.push(text.trimEnd());
      if (lines.length === 1) await engine.containers.kill(id, 'SIGUSR1');
      if (lines.length === 2) await engine.containers.kill(id, 'hup');
      if (lines.length === 3) await engine.containers.kill(id, '10');
      if (lines.length === 4) break;
    }
    return lines;
  })();
  assert.deepEqual(await said, ['up', 'USR1', 'HUP', 'USR1']);
  await refuses(engine.containers.kill(id, 'NOPE'), 'invalid-argument', 'Invalid signal: NOPE');
  await refuses(engine.containers.kill(id, '99'), 'invalid-argument', 'Invalid signal: 99');
  await engine.containers.kill(id, 'SIGKILL');
  assert.equal((await engine.containers.wait(id)).exitCode, 137);
});

test('who is killed has ended when kill resolves, however long the kernel takes', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  // Its memory is given back before it is a zombie.
  const command = ['busybox', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=300M'];
  for (let round = 0; round < 3; round++) {
    const id = await startNew(engine, { command });
    for await (const { memory } of engine.containers.stats(id, { intervalMs: 20 })) {
      if (memory.currentBytes > 200 * MIB) break;
    }
    await engine.containers.kill(id);
    await engine.containers.remove(id);
  }
});

test('a paused container is killed, restarted and removed as one that runs', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await startNew(engine);
  await engine.containers.pause(id);
  await engine.containers.kill(id);
  assert.equal((await engine.containers.wait(id)).exitCode, 137);
  await engine.containers.start(id);
  await engine.containers.pause(id);
  await engine.containers.restart(id, { timeoutMs: 0 });
  assert.equal((await engine.containers.inspect(id)).state.status, 'running');
  await engine.containers.pause(id);
  await engine.containers.remove(id, { force: true });
  await refuses(engine.containers.inspect(id), 'not-found', /No such container/);
});

/** Every limit that can be changed live, up and away again. */
const CHANGES: readonly LimitsPatch[] = [
  { memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB },
  { memoryReservationBytes: 32 * MIB },
  { nanoCpus: 500_000_000 },
  { cpuShares: 512 },
  { cpusetCpus: '0' },
  { cpusetMems: '0' },
  { pidsMax: 20 },
];

test('update changes block I/O of a running container, device by device, and reads it back', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const path = findBlockDevice();
  const id = await startNew(engine, { limits: { deviceReadBps: [{ path, rate: 2 * MIB }] } });
  let held = (await engine.containers.inspect(id)).limits;
  assert.deepEqual(held, { deviceReadBps: [{ path, rate: 2 * MIB }] });
  const rates = ['deviceReadBps', 'deviceWriteBps', 'deviceReadIops', 'deviceWriteIops'] as const;
  for (const [index, name] of rates.entries()) {
    const patch = { [name]: [{ path, rate: MIB + index }] };
    held = { ...held, ...patch };
    assert.deepEqual((await engine.containers.update(id, { limits: patch })).limits, held, name);
  }
  const wrong = { deviceReadBps: [{ path: '/dev/null', rate: 1 }], deviceWriteBps: null };
  await refuses(engine.containers.update(id, { limits: wrong }), 'invalid-argument', '/dev/null is no block device');
  assert.deepEqual((await engine.containers.inspect(id)).limits, held);
  for (const name of rates) await engine.containers.update(id, { limits: { [name]: null } });
  assert.deepEqual((await engine.containers.inspect(id)).limits, {});
});

test('update changes each limit of a running container, reads it back, and lifts it', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await startNew(engine);
  for (const patch of CHANGES) {
    const { limits } = await engine.containers.update(id, { limits: patch });
    assert.deepEqual({ ...limits, ...patch }, limits, JSON.stringify(patch));
    assert.deepEqual((await engine.containers.inspect(id)).limits, limits);
    const lift = Object.fromEntries(Object.keys(patch).map((name) => [name, null])) as LimitsPatch;
    assert.deepEqual((await engine.containers.update(id, { limits: lift })).limits, {}, JSON.stringify(lift));
  }
});
