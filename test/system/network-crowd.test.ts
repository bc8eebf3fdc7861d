import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeEngineWorld } from '../support/engine-world.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/fill-network.js', import.meta.url));
const PROCESSES = 3;
const ROUNDS = 7;

test('three processes put 210 containers into a network, ten at a time, and nothing is given twice or left', {
  ...requires('root', 'overlay', 'command:busybox'),
  timeout: 240_000,
}, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const leaks = makeLeakCheck(world.options);
  const { id } = await engine.networks.create({ name: 'crowd' });
  const bridge = `br-${id.slice(0, 12)}`;
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [PROGRAM, JSON.stringify(world.options), 'crowd', String(ROUNDS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const readers = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  for (const reader of readers) assert.equal((await reader.next()).value, 'ready');
  for (const child of children) child.stdin.end('go\n');
  for (const reader of readers) assert.equal((await reader.next()).value, `0 ${10 * ROUNDS}`);
  assert.deepEqual((await engine.networks.inspect('crowd')).members, []);
  await waitUntil('the end of all pairs', () => readdirSync(`/sys/class/net/${bridge}/brif`).length === 0 || undefined);
  await engine.networks.remove('crowd');
  await engine.close();
  await leaks.assertNothingLeft('after the crowd');
  assert.ok(!readdirSync('/sys/class/net').includes(bridge));
  assert.ok(!readFileSync('/proc/net/dev', 'utf8').includes(bridge));
});
