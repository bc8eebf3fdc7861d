import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerConfig, RestartPolicy } from '../../src/model/container-config.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { type EngineWorld, makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('the first engine after a reboot starts what its policy wants to run', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const policies: Readonly<Record<string, RestartPolicy>> = {
    no: { name: 'no' },
    always: { name: 'always' },
    'always-stopped': { name: 'always' },
    'unless-stopped': { name: 'unless-stopped' },
    'unless-stopped-stopped': { name: 'unless-stopped' },
    'on-failure': { name: 'on-failure' },
  };
  for (const [name, restartPolicy] of Object.entries(policies)) {
    await run(engine, { name, restartPolicy });
    if (name.endsWith('-stopped') && name !== 'unless-stopped') await engine.containers.stop(name, { timeoutMs: 0 });
  }
  await engine.containers.create({ image: 'busybox', name: 'never-started', restartPolicy: { name: 'always' } });
  await run(engine, { name: 'removed-at-exit', autoRemove: true });
  await killMonitors(engine);
  await engine.close();
  pretendReboot(world);

  const next = await world.open();
  const found = await readStates(next);
  assert.deepEqual(found, {
    no: 'exited 255 the host went down',
    always: 'running',
    'always-stopped': 'running',
    'unless-stopped': 'running',
    'unless-stopped-stopped': 'exited 137 ',
    'on-failure': 'exited 255 the host went down',
    'never-started': 'created',
  });
  assert.equal((await next.containers.inspect('always')).restartCount, 0);

  await next.containers.stop('always', { timeoutMs: 0 });
  await next.close();
  assert.equal((await readStates(await world.open()))['always'], 'exited 137 ', 'a later engine starts it no more');
});

test('a policy that changes after a reboot starts nothing that ended before it', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const id = await run(engine, { name: 'plain' });
  await engine.containers.stop(id, { timeoutMs: 0 });
  await engine.close();
  pretendReboot(world);
  const next = await world.open();
  await next.containers.update(id, { restartPolicy: { name: 'always' } });
  await next.close();
  assert.equal((await readStates(await world.open()))['plain'], 'exited 137 ');
});

test('a container that joins the network of another is started after it', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const restartPolicy = { name: 'always' } as const;
  const network = 'container:late' as const;
  await assert.rejects(run(engine, { name: 'joins', restartPolicy, namespaces: { network } }), /No such container/);
  await run(engine, { name: 'late', restartPolicy });
  await engine.containers.start('joins');
  await killMonitors(engine);
  await engine.close();
  pretendReboot(world);
  assert.deepEqual(await readStates(await world.open()), {
    late: 'running',
    joins: 'running',
  });
});

test(
  'a container whose monitor was killed is started again by its policy, with the restart counted',
  needs,
  async (t) => {
    const world = makeEngineWorld(t);
    const engine = await world.open();
    await run(engine, { name: 'no' });
    await run(engine, { name: 'always', restartPolicy: { name: 'always' } });
    await run(engine, { name: 'on-failure', restartPolicy: { name: 'on-failure', maxRetries: 1 } });
    for (const expected of ['running', 'exited 137 the monitor of the container was killed']) {
      const before = await world.open();
      await killMonitors(before);
      await before.close();
      const next = await world.open();
      const states = await readStates(next);
      assert.deepEqual(states, {
        no: 'exited 137 the monitor of the container was killed',
        always: 'running',
        'on-failure': expected,
      });
      await next.close();
    }
    const { restartCount } = await engine.containers.inspect('always');
    assert.equal(restartCount, 2);
    await engine.containers.restart('always', { timeoutMs: 0 });
    assert.equal((await engine.containers.inspect('always')).restartCount, 0);
  },
);

test('an engine whose events somebody follows notices a monitor that was killed', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  await run(engine, { name: 'before', restartPolicy: { name: 'always' } });
  const seen: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const { action, attributes } of engine.events()) seen.push(`${attributes['name']} ${action}`);
  };
  const following = follow();
  await run(engine, { name: 'no' });
  await run(engine, { name: 'removed', autoRemove: true });
  await run(engine, { name: 'always', restartPolicy: { name: 'always' } });
  const count = (text: string): number => seen.filter((line) => line === text).length;
  await waitUntil('the events of the starts', () => count('always start') === 1);
  for (const restarts of [1, 2]) {
    await killMonitors(engine);
    await waitUntil('the end of all and the start of some', () => {
      const ended = count('no die') === 1 && count('removed destroy') === 1;
      return ended && count('before start') === restarts && count('always start') === restarts + 1;
    });
  }
  const { restartCount } = await engine.containers.inspect('before');
  assert.equal(restartCount, 2);
  await engine.close();
  await following;
});

async function run(engine: Engine, config: Partial<ContainerConfig>): Promise<string> {
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'], ...config });
  await engine.containers.start(id);
  return id;
}

/** What the end of the host does to them; their programs die with them. */
async function killMonitors(engine: Engine): Promise<void> {
  const pids = (await engine.containers.list()).flatMap(({ state }) =>
    state.status === 'running' ? [state.init.pid, readProcessStat(state.init.pid)?.parentPid ?? 0] : [],
  );
  for (const pid of pids.filter((_, index) => index % 2 === 1)) {
    assert.ok(pid > 1);
    process.kill(pid, 'SIGKILL');
  }
  await waitUntil('the end of all', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
}

/** The state root was last used under another boot of the kernel. */
function pretendReboot({ options }: EngineWorld): void {
  const database = new DatabaseSync(join(options.root, 'state.db'));
  const { changes } = database.prepare(`UPDATE settings SET value = 'another' WHERE id = 'boot'`).run();
  database.close();
  assert.equal(changes, 1);
}

async function readStates(engine: Engine): Promise<Readonly<Record<string, string>>> {
  const all = await engine.containers.list({ all: true });
  const entries = all.map(({ name, state }) => {
    const end = state.status === 'exited' ? ` ${state.exitCode} ${state.error ?? ''}` : '';
    return [name, `${state.status}${end}`] as const;
  });
  return Object.fromEntries(entries.reverse());
}
