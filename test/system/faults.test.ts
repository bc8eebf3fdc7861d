import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import { assertWhole } from '../support/check-state.js';
import { compileProgram } from '../support/compile-program.js';
import { clear, listPoints, makeContainerWorld, tryPoint } from '../support/container-crashes.js';
import { addContainer } from '../support/container-operations.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { makeConfig, makeDockerArchive } from '../support/image-fixtures.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { crashMode, isOfFile, samplePoints } from '../support/system-calls.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:strace', 'command:busybox', 'command:cc');
const timeout = crashMode.isSample ? 300_000 : 7_200_000;

/** Each with the operations that a run which is not the full one tries it in, at one call each. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  ENOSPC: ['create', 'update'],
  EIO: ['start'],
  EROFS: ['rm'],
  EMFILE: ['exec'],
};

/** Which calls can fail so. */
const CALLS: Readonly<Record<string, RegExp>> = {
  ENOSPC: /^(open|openat|mkdir|mkdirat|rename|renameat|write|writev|pwrite64|ftruncate|symlink|link)/,
  EIO: /^(fsync|fdatasync|write|writev|pwrite64|ftruncate|unlink|unlinkat|rename|mkdir)/,
  EROFS: /^(open|openat|mkdir|mkdirat|rename|renameat|unlink|unlinkat|rmdir|ftruncate)/,
  EMFILE: /^(open|openat)/,
};

test('a system call that fails is told in words, and leaves what the next engine puts in order', {
  ...needs,
  timeout,
}, async (t) => {
  const { place, operations } = await makeContainerWorld(t);
  for (const operation of operations.filter(({ words }) => words !== undefined)) {
    const wanted = Object.keys(FAULTS).filter(
      (error) => !crashMode.isSample || FAULTS[error]?.includes(operation.name),
    );
    if (wanted.length === 0) continue;
    await t.test(operation.name, { timeout }, async (t) => {
      const attempt = { operation, victim: 'engine' } as const;
      const all = (await listPoints(place, attempt)).filter(isOfFile);
      await clear(place, `${operation.name}, without a fault`);
      for (const error of wanted) {
        const points = samplePoints(
          all.filter(({ call }) => CALLS[error]?.test(call)),
          1,
        );
        let failed = 0;
        for (const { call, when } of points) {
          if ((await tryPoint(place, { ...attempt, point: { call, when, error } })).wasEnded) failed++;
        }
        t.diagnostic(`${operation.name}: ${error} at ${points.length} calls, ${failed} times the command failed`);
      }
    });
  }
});

test('where no process can be made, the start says so and leaves nothing', { ...needs, timeout }, async (t) => {
  const { place } = await makeContainerWorld(t);
  const { world, cgroupParent } = place;
  const point = { call: 'clone3', when: 1, error: 'EAGAIN' };
  const engine = await world.open({ cgroupParent, program: world.traceLaunches('monitor', point) });
  await addContainer(engine);
  await assert.rejects(engine.containers.start('web'), /cannot make the first process|Resource temporarily|EAGAIN/);
  await engine.close();
  const next = await world.open({ cgroupParent });
  await assertWhole(next, 'after EAGAIN');
  await next.containers.start('web');
  await next.close();
  await clear(place, 'EAGAIN');
});

test(
  'where the pids limit of a container is reached, an exec that makes a process fails and the container goes on',
  needs,
  async (t) => {
    const world = makeEngineWorld(t);
    const engine = await world.open();
    const command = ['sh', '-c', 'sleep 1000 & sleep 1000 & echo full; wait'];
    await engine.containers.create({ name: 'web', image: 'busybox', command, limits: { pidsMax: 3 } });
    await engine.containers.start('web');
    await waitUntil('its processes', async () => (await engine.containers.top('web')).length === 3);
    assert.match(
      await execute(engine, ['sh', '-c', 'true | true']),
      /can't fork|EAGAIN|Resource temporarily unavailable/,
    );
    assert.equal((await engine.containers.inspect('web')).state.status, 'running');
    await engine.containers.update('web', { limits: { pidsMax: 10 } });
    assert.equal(await execute(engine, ['sh', '-c', 'true | echo made']), 'made\n');
    await engine.containers.remove('web', { force: true });
    await assertWhole(engine, 'removed');
    await engine.close();
    await makeLeakCheck(world.options).assertNothingLeft();
  },
);

/** What it says, or why it was not started: cgroup v2 lets nobody into a group that is full, v1 does. */
async function execute({ containers }: Engine, command: readonly string[]): Promise<string> {
  try {
    const { output } = await containers.startExec(await containers.createExec('web', { command }), {
      stdout: true,
      stderr: true,
    });
    let text = '';
    for await (const { bytes } of output) text += Buffer.from(bytes).toString();
    return text;
  } catch (error) {
    assert.ok(error instanceof EngineError);
    return error.message;
  }
}

/** Fails with words, or does it. */
async function runUnder(gantry: Gantry, words: readonly string[]): Promise<boolean> {
  const { code, stderr } = await gantry.run(words);
  assert.doesNotMatch(stderr, /^\s+at |node:internal|undefined/m, stderr);
  if (code !== 0) assert.match(stderr, /\w+ \w+/);
  return code === 0;
}

/** By any engine that is not held back. */
async function assertGantryWhole(gantry: Gantry): Promise<void> {
  const env = { GANTRY_ROOT: join(gantry.folder, 'root'), GANTRY_RUN_ROOT: join(gantry.folder, 'run') };
  const free = openGantry(['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);
  try {
    assert.match(await free.print('system', 'check'), /^whole/m);
    assert.equal(await free.print('run', '--rm', '--network', 'none', 'busybox', 'echo', 'works'), 'works');
    assert.equal(await free.print('ps', '-aq'), '');
  } finally {
    // While the state root that it is on is there: it would make it again.
    await free.close();
  }
}

test('a command that may open few files says so or works, and leaves nothing', { ...needs, timeout }, async (t) => {
  const counts = crashMode.isSample ? [24] : Array.from({ length: 30 }, (_, index) => 22 + 2 * index);
  const results: string[] = [];
  for (const count of counts) {
    const gantry = openGantry(['sh', '-c', `ulimit -n ${count}; exec "$0" "$@"`]);
    try {
      const isDone = await runUnder(gantry, ['run', '--rm', '--network', 'none', 'busybox', 'true']);
      results.push(`${count} ${isDone}`);
      await assertGantryWhole(gantry);
    } finally {
      await gantry.close().catch(() => undefined);
    }
  }
  t.diagnostic(results.join(', '));
});

/** More than the engine is given. */
const BIG = makeTar([{ path: 'big', content: Buffer.alloc(48 << 20, 1) }]);

async function loadBig(by: readonly string[]): Promise<boolean> {
  const gantry = openGantry(by);
  try {
    const archive = join(gantry.folder, 'archive.tar');
    writeFileSync(archive, makeDockerArchive([BIG], ['big:1'], makeConfig([BIG])));
    const { code } = await gantry.run(['load', '-q', '-i', archive]);
    await assertGantryWhole(gantry);
    return code === 0;
  } finally {
    await gantry.close().catch(() => undefined);
  }
}

test('an image larger than the memory that the engine has is loaded', needs, async () => {
  assert.ok(await loadBig(['env', 'NODE_OPTIONS=--max-old-space-size=24']));
});

test('an engine that gets no memory leaves a whole state', requires('root', 'overlay', 'cgroup-v1'), async (t) => {
  const group = join('/sys/fs/cgroup/memory', basename(makeTemporaryFolder(t)));
  mkdirSync(group);
  t.after(() => rmdirSync(group));
  for (const megabytes of crashMode.isSample ? [30] : [20, 30, 56]) {
    writeFileSync(join(group, 'memory.limit_in_bytes'), `${megabytes}M`);
    const isDone = await loadBig(['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$0" "$@"`]);
    t.diagnostic(`${megabytes} MB: ${isDone ? 'done' : 'not done'}`);
  }
  if (crashMode.isSample) return;
  const isDone = await loadBig(['sh', '-c', 'ulimit -v 1500000; exec "$0" "$@"']);
  t.diagnostic(`1.5 GB of addresses: ${isDone ? 'done' : 'not done'}`);
});

test('a clock that is set back a year and forward ten changes nothing but times', needs, async (t) => {
  const folder = makeTemporaryFolder(t);
  const shift = join(folder, 'shift');
  writeFileSync(shift, '0');
  const library = compileProgram('shift-clock', folder, '-shared', '-fPIC');
  const gantry = openGantry(['env', `LD_PRELOAD=${library}`, `SHIFT_FILE=${shift}`]);
  t.after(gantry.close);
  const year = 365 * 86_400;
  const words = ['run', '-d', '--name', 'web', '--network', 'none', '--restart', 'always', 'busybox'];
  await gantry.print(...words, 'sh', '-c', 'echo said; exec sleep 1000');
  const id = await gantry.print('inspect', '-f', '{{.Id}}', 'web');
  for (const seconds of crashMode.isSample ? [-year, 10 * year] : [-year, 10 * year, -10 * year, 0]) {
    writeFileSync(shift, String(seconds));
    const at = new Date(Date.now() + seconds * 1_000).getFullYear();
    const made = await gantry.print('create', '--name', 'made', '--network', 'none', 'busybox', 'true');
    assert.ok((await gantry.print('inspect', '-f', '{{.Created}}', made)).startsWith(String(at)));
    assert.match(await gantry.print('ps', '--format', '{{.Names}} {{.Status}}'), /^web Up /);
    assert.equal(await gantry.print('logs', 'web'), 'said');
    assert.equal(await gantry.print('exec', 'web', 'echo', 'here'), 'here');
    const waiting = gantry.start(['wait', 'web']);
    await gantry.print('stop', '-t', '0', 'web');
    assert.equal((await waiting.result).code, 0);
    await gantry.print('start', 'web');
    await gantry.print('rm', 'made');
    assert.match(await gantry.print('system', 'check'), /^whole/m);
    await gantry.print('rm', '-f', 'web');
    await gantry.print(...words, 'sh', '-c', 'echo said; exec sleep 1000');
  }
  assert.notEqual(await gantry.print('inspect', '-f', '{{.Id}}', 'web'), id);
});
