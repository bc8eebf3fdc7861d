import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertWhole } from '../support/check-state.js';
import { type CrashWorld, makeCrashWorld } from '../support/crash-world.js';
import { requires } from '../support/requires.js';
import { type CrashPoint, crashMode, formatPoint, samplePoints } from '../support/system-calls.js';

const needs = requires('root', 'overlay', 'command:strace', 'command:busybox');
const timeout = crashMode.isSample ? 300_000 : 7_200_000;

const CREATE = ['create', '--name', 'made', 'busybox', 'true'];

/** Where folders come and take their names, which is where a container could be left half made. */
const PLACING = ['mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2'];

/** Killed at one point; then an engine opens, and there is a container that runs, or nothing of one. */
async function tryPoint(world: CrashWorld, point: CrashPoint): Promise<boolean> {
  const when = `killed at ${formatPoint(point)}`;
  world.reset();
  const { code } = await world.crash(CREATE, 'engine', point);
  const { root } = world.options;
  const engine = await world.open();
  const { containers } = engine;
  try {
    await assertWhole(engine, when, { quick: true });
    const made = await containers.list({ all: true });
    assert.ok(made.length <= 1, when);
    assert.deepEqual(
      readdirSync(join(root, 'containers')),
      made.map(({ id }) => id),
      when,
    );
    assert.deepEqual(
      readdirSync(join(root, 'writable')),
      made.map(({ id }) => id),
      when,
    );
    const id = made[0]?.id ?? (await containers.create({ name: 'made', image: 'busybox', command: ['true'] })).id;
    await containers.start(id);
    assert.equal((await containers.wait(id)).exitCode, 0, when);
    await containers.remove(id);
  } finally {
    await engine.close();
  }
  assert.deepEqual(readdirSync(join(root, 'staging')), [], when);
  return code !== 0;
}

test('a create that is killed leaves a whole container or none, once an engine opens', {
  ...needs,
  timeout,
}, async (t) => {
  const world = makeCrashWorld(t, 'overlay2');
  await (await world.open()).close();
  world.keep();
  const all = await world.listPoints(CREATE, 'engine');
  const isPlacing = ({ call }: CrashPoint) => PLACING.includes(call);
  const points = [
    ...samplePoints(all.filter(isPlacing), 8),
    ...samplePoints(
      all.filter((point) => !isPlacing(point)),
      3,
    ),
  ];
  let failed = 0;
  for (const point of points) if (await tryPoint(world, point)) failed++;
  t.diagnostic(
    `create: killed at ${points.length} of ${all.length} calls, ${failed} commands failed (${crashMode.text})`,
  );
  assert.ok(failed * 2 > points.length, `it was killed ${failed} times only`);
});
