import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerId } from '../../src/model/ids.js';
import { startEngineProcess } from '../support/engine-process.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const CONTAINERS = 100;
const ENGINES = 4;
/** What a container has for itself: cgroup, ipc, mnt, net, pid, uts. */
const NAMESPACES = 6;

test(
  'a hundred containers outlive the SIGKILL of every engine, are found with whole logs, and leave nothing',
  requires('root', 'overlay', 'command:busybox'),
  async (t) => {
    const world = makeEngineWorld(t);
    const leaks = makeLeakCheck(world.options);
    // Makes the image.
    await (await world.open()).close();
    const names = Array.from({ length: CONTAINERS }, (_, i) => `many-${i}`);
    const toStep = (name: string): object => ({ run: { name, command: ['sh', '-c', script(name)], init: false } });
    const engines = await Promise.all(
      Array.from({ length: ENGINES }, (_, engine) =>
        startEngineProcess(t, world.options, names.filter((_name, i) => i % ENGINES === engine).map(toStep)),
      ),
    );
    assert.deepEqual(await Promise.all(engines.map(({ go }) => go())), Array(ENGINES).fill(true));
    await Promise.all(engines.map(({ kill }) => kill()));
    assert.equal(leaks.remember(), CONTAINERS * NAMESPACES);

    const engine = await world.open();
    const found = await engine.containers.list();
    assert.deepEqual(found.map(({ name }) => name).sort(), [...names].sort());
    for (const { name, state } of found) {
      assert.ok(state.status === 'running' && existsSync(`/proc/${state.init.pid}`), name);
    }
    for (const { id, name } of found) {
      const wanted = Array.from({ length: LINES }, (_, i) => `${name} ${i + 1}\n`);
      await waitUntil(`the last line of ${name}`, async () => (await readLines(engine, id)).length === LINES);
      assert.deepEqual(await readLines(engine, id), wanted);
    }
    await Promise.all(found.map(({ id }) => engine.containers.remove(id, { force: true })));
    assert.deepEqual(await engine.containers.list({ all: true }), []);
    await engine.close();
    await leaks.assertNothingLeft();
  },
);

const LINES = 30;

function script(name: string): string {
  return `for i in $(seq ${LINES}); do echo ${name} $i; done; exec sleep 1000`;
}

async function readLines(engine: Engine, id: ContainerId): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of engine.containers.logs(id)) lines.push(text);
  return lines;
}
