import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { EngineError } from '../../src/model/errors.js';
import type { ContainerId, VolumeName } from '../../src/model/ids.js';
import { createContainer as create, refuses, startNew as run } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** Output of a container from its first byte, and how it ended. */
async function runToEnd(
  engine: Engine,
  config: Partial<ContainerConfig>,
): Promise<{ readonly id: ContainerId; readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const id = await create(engine, config);
  const streams = await engine.containers.attach(id, { stdout: true, stderr: true });
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  const text = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of streams.output) text[stream] += Buffer.from(bytes).toString();
  return { id, ...text, exitCode: (await exit).exitCode };
}

test('a container goes from created to exited, with its output, its log and its events', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const events = engine.events();
  const { id, stdout, stderr, exitCode } = await runToEnd(engine, {
    name: 'life',
    command: ['sh', '-c', 'echo out; echo err >&2; exit 3'],
    labels: { tier: 'web' },
  });
  assert.deepEqual({ stdout, stderr, exitCode }, { stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
  const { state, config } = await engine.containers.inspect('life');
  assert.ok(state.status === 'exited' && state.exitCode === 3 && state.startedAtMs > 0);
  assert.deepEqual(config.labels, { origin: 'image', tier: 'web' });
  const log: string[] = [];
  for await (const { stream, text } of engine.containers.logs(id)) log.push(`${stream} ${text}`);
  assert.deepEqual(log.sort(), ['stderr err\n', 'stdout out\n']);
  await engine.containers.remove('life');
  const told: string[] = [];
  for await (const event of events) {
    told.push(event.action);
    if (event.action === 'die') {
      const { execDuration: _, ...attributes } = event.attributes;
      assert.deepEqual(attributes, { name: 'life', image: 'busybox', tier: 'web', origin: 'image', exitCode: '3' });
    }
    if (event.action === 'destroy') break;
  }
  assert.deepEqual(told, ['create', 'attach', 'connect', 'start', 'die', 'disconnect', 'destroy']);
  await refuses(engine.containers.inspect('life'), 'not-found', 'No such container: life');
});

test('create refuses what cannot be, in Docker’s words', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await create(engine, { name: 'taken' });
  const make = (config: Partial<ContainerConfig>): Promise<unknown> => create(engine, config);
  await refuses(make({ image: 'nope' }), 'not-found', 'No such image: nope:latest');
  await refuses(
    make({ name: 'taken' }),
    'conflict',
    `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
  await refuses(
    make({ name: '-x' }),
    'invalid-argument',
    'Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
  );
  await refuses(make({ entrypoint: [], command: [] }), 'invalid-argument', 'no command specified');
  await refuses(make({ workingDir: 'x' }), 'invalid-argument', /needs to be an absolute path/);
  await refuses(
    make({ mounts: [{ type: 'bind', source: '/nope', target: '/x' }] }),
    'invalid-argument',
    'invalid mount config for type "bind": bind source path does not exist: /nope',
  );
  await refuses(
    make({ autoRemove: true, restartPolicy: { name: 'always' } }),
    'invalid-argument',
    "can't create 'AutoRemove' container with restart policy",
  );
  assert.equal((await engine.containers.list({ all: true })).length, 1, 'what was refused left nothing');
});

test('a container without a name gets one, and a reference may be a prefix of the id', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await create(engine);
  const { name } = await engine.containers.inspect(id.slice(0, 12));
  assert.match(name, /^[a-z]+_[a-z]+\d?$/);
  await engine.containers.rename(name, 'better');
  assert.equal((await engine.containers.inspect('/better')).id, id);
  await refuses(engine.containers.inspect(name), 'not-found', `No such container: ${name}`);
});

test('a program that is missing or cannot be executed fails the start with 127 or 126', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  for (const [command, kind, exitCode, words] of [
    ['nope', 'command-not-found', 127, 'exec: "nope": executable file not found in $PATH'],
    ['/nope', 'command-not-found', 127, 'exec: "/nope": stat /nope: no such file or directory'],
    ['/etc/not-a-program', 'command-not-executable', 126, 'exec: "/etc/not-a-program": permission denied'],
  ] as const) {
    const id = await create(engine, { command: [command] });
    await refuses(engine.containers.start(id), kind, new RegExp(words.replaceAll(/[$/]/g, '\\$&')));
    const { state } = await engine.containers.inspect(id);
    assert.ok(state.status === 'exited' && state.exitCode === exitCode && state.startedAtMs === 0);
    assert.match(state.error ?? '', /OCI runtime create failed/);
  }
});

test('stop ends a program by its signal, or kills it after the time', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const script = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done';
  const polite = await run(engine, { command: ['sh', '-c', script] });
  // Before the shell has its trap, the signal would be lost on the first process of a pid namespace.
  for await (const { text } of engine.containers.logs(polite, { follow: true })) if (text === 'ready\n') break;
  await engine.containers.stop(polite);
  const exitCodeOf = async (id: string): Promise<number | undefined> => {
    const { state } = await engine.containers.inspect(id);
    return state.status === 'exited' ? state.exitCode : undefined;
  };
  assert.equal(await exitCodeOf(polite), 7);
  await refuses(engine.containers.stop(polite), 'not-modified', `container ${polite} is not running`);
  const deaf = await run(engine);
  await engine.containers.stop(deaf, { timeoutMs: 50 });
  assert.equal(await exitCodeOf(deaf), 137);
  await refuses(engine.containers.kill(deaf), 'conflict', /is not running/);
  await engine.containers.start(deaf);
  await refuses(engine.containers.start(deaf), 'not-modified', `container ${deaf} is already running`);
  await engine.containers.kill(deaf);
  assert.equal((await engine.containers.wait(deaf)).exitCode, 137);
});

test('a paused container runs no further, and can be stopped', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await run(engine);
  await engine.containers.pause(id);
  assert.equal((await engine.containers.inspect(id)).state.status, 'paused');
  await refuses(engine.containers.pause(id), 'conflict', `Container ${id} is already paused`);
  await engine.containers.unpause(id);
  await refuses(engine.containers.unpause(id), 'conflict', `Container ${id} is not paused`);
  await engine.containers.pause(id);
  await engine.containers.stop(id, { timeoutMs: 20 });
  assert.equal((await engine.containers.inspect(id)).state.status, 'exited');
});

test('remove refuses a running container unless it is forced', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await run(engine, { name: 'busy' });
  await refuses(
    engine.containers.remove(id),
    'conflict',
    'cannot remove container "/busy": container is running: stop the container before removing or force remove',
  );
  await engine.containers.remove(id, { force: true });
  await refuses(engine.containers.remove(id), 'not-found', `No such container: ${id}`);
});

test('wait knows the next exit, the removal, and what has ended already', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await create(engine, { command: ['sh', '-c', 'exit 4'], autoRemove: true });
  assert.equal((await engine.containers.wait(id)).exitCode, 0, 'a created container does not run');
  const removed = engine.containers.wait(id, { condition: 'removed' });
  const next = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  assert.deepEqual([(await next).exitCode, (await removed).exitCode], [4, 4]);
  await refuses(engine.containers.inspect(id), 'not-found', /No such container/);
  const other = await run(engine);
  const controller = new AbortController();
  const waiting = engine.containers.wait(other, { signal: controller.signal });
  controller.abort();
  await refuses(waiting, 'cancelled', /cancelled/);
});

test('restart starts it anew, and keeps a container that is removed at its exit', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await run(engine, { autoRemove: true });
  const before = (await engine.containers.inspect(id)).state;
  await engine.containers.restart(id, { timeoutMs: 0 });
  const after = (await engine.containers.inspect(id)).state;
  assert.ok(before.status === 'running' && after.status === 'running');
  assert.notEqual(after.init.pid, before.init.pid);
  const removed = engine.containers.wait(id, { condition: 'removed' });
  await engine.containers.kill(id);
  assert.equal((await removed).exitCode, 137);
});

test('a policy restarts it, and a stop ends that', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const events = engine.events();
  const id = await run(engine, { command: ['false'], restartPolicy: { name: 'always' } });
  let starts = 0;
  for await (const { action } of events) {
    if (action === 'start') starts++;
    if (starts === 3) break;
  }
  assert.ok((await engine.containers.inspect(id)).restartCount >= 2);
  await engine.containers.stop(id, { timeoutMs: 0 });
  assert.equal((await engine.containers.inspect(id)).state.status, 'exited');
});

test('stdin reaches the program, and its end too', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await create(engine, { command: ['cat'], openStdin: true, stdinOnce: true });
  const streams = await engine.containers.attach(id, { stdin: true, stdout: true, stderr: true });
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  await streams.write(Buffer.from('to and fro'));
  await streams.closeStdin();
  let text = '';
  for await (const { bytes } of streams.output) text += Buffer.from(bytes).toString();
  assert.equal(text, 'to and fro');
  assert.equal((await exit).exitCode, 0);
});

test('a terminal has the size it was given, and can be resized', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await create(engine, { command: ['sh'], tty: true, openStdin: true });
  const streams = await engine.containers.attach(id, { stdin: true, stdout: true });
  await engine.containers.start(id, { terminal: { columns: 93, rows: 31 } });
  let text = '';
  const seen = async (wanted: RegExp): Promise<void> => {
    for await (const { bytes } of { [Symbol.asyncIterator]: () => output }) {
      text += Buffer.from(bytes).toString();
      if (wanted.test(text)) return;
    }
    assert.fail(`${wanted} did not come: ${text}`);
  };
  const iterator = streams.output[Symbol.asyncIterator]();
  const output = { next: () => iterator.next() };
  await streams.write(Buffer.from('stty size\n'));
  await seen(/31 93/);
  await streams.resize(70, 20);
  await streams.write(Buffer.from('stty size\n'));
  await seen(/20 70/);
  await streams.detach();
  assert.equal((await engine.containers.inspect(id)).state.status, 'running');
});

test('exec runs one more program, once, with its exit code and events', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const container = await run(engine);
  const events = engine.events();
  const id = await engine.containers.createExec(container, {
    command: ['sh', '-c', 'echo $GREETING; id -u; exit 5'],
    env: { GREETING: 'moin' },
    user: 'guest',
  });
  const streams = await engine.containers.startExec(id, { stdout: true, stderr: true });
  let text = '';
  for await (const { bytes } of streams.output) text += Buffer.from(bytes).toString();
  assert.equal(text, 'moin\n1000\n');
  const told: string[] = [];
  for await (const { action, attributes } of events) {
    told.push(`${action} ${attributes['exitCode'] ?? ''}`.trim());
    if (action === 'exec_die') break;
  }
  assert.deepEqual(told, ['exec_create', 'exec_start', 'exec_die 5']);
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 5 });
  await refuses(engine.containers.startExec(id), 'conflict', `Error: Exec command ${id} has already run`);
  const missing = await engine.containers.createExec(container, { command: ['nope'] });
  await refuses(engine.containers.startExec(missing), 'command-not-found', /executable file not found/);
  assert.deepEqual((await engine.containers.inspectExec(missing)).state, { status: 'exited', exitCode: 127 });
});

test('volumes keep what is written, and anonymous ones go with the container', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const mounts = [
    { type: 'volume', source: 'kept', target: '/kept' },
    { type: 'volume', target: '/anonymous' },
  ] as const;
  const first = await runToEnd(engine, { command: ['sh', '-c', 'echo 1 > /kept/x'], mounts });
  const volume = (await engine.containers.inspect(first.id)).mounts?.find(({ target }) => target === '/anonymous');
  assert.ok(volume?.type === 'volume' && volume.anonymous);
  await engine.containers.remove(first.id, { volumes: true });
  const second = await runToEnd(engine, { command: ['cat', '/kept/x'], mounts });
  assert.equal(second.stdout, '1\n');
});

test('an empty volume begins with what the image has at its place, unless it is told not to', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const command = ['sh', '-c', 'ls /data; stat -c %a /data'];
  const read = async (mount: { readonly source: string; readonly noCopy?: boolean }): Promise<string> => {
    const { stdout } = await runToEnd(engine, { command, mounts: [{ type: 'volume', target: '/data', ...mount }] });
    return stdout;
  };
  assert.equal(await read({ source: 'seeded' }), 'seed\n750\n');
  assert.equal(await read({ source: 'empty', noCopy: true }), '755\n');
  const mounts = [{ type: 'volume', source: 'seeded', target: '/data' }] as const;
  await runToEnd(engine, { command: ['sh', '-c', 'rm /data/seed; touch /data/own'], mounts });
  assert.equal(await read({ source: 'seeded' }), 'own\n750\n', 'a volume that has something keeps what it has');
});

test('a volume is filled when its container is created, and not again when it is started anew', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const mounts = [{ type: 'volume', source: 'filled', target: '/data' }] as const;
  const id = await create(engine, { command: ['rm', '/data/seed'], mounts });
  const { mountpoint } = await engine.volumes.inspect('filled' as VolumeName);
  assert.deepEqual(readdirSync(mountpoint), ['seed']);
  for (const expected of [0, 1]) {
    const exit = engine.containers.wait(id, { condition: 'next-exit' });
    await engine.containers.start(id);
    assert.equal((await exit).exitCode, expected, 'the file is there the first time only');
    assert.deepEqual(readdirSync(mountpoint), []);
  }
});

test('prune removes what does not run', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const running = await run(engine);
  const idle = await create(engine);
  const { removed } = await engine.containers.prune();
  assert.deepEqual(removed, [idle]);
  assert.deepEqual(
    (await engine.containers.list({ all: true })).map(({ id }) => id),
    [running],
  );
});

test('of many starts at once one wins, and of many removals too', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engines = await Promise.all([world.open(), world.open(), world.open()]);
  const [engine] = engines;
  assert.ok(engine);
  const id = await create(engine);
  const starts = await Promise.allSettled([...engines, ...engines].map(({ containers }) => containers.start(id)));
  assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of starts) {
    if (result.status === 'rejected') assert.equal((result.reason as EngineError).kind, 'not-modified', result.reason);
  }
  const removals = await Promise.allSettled(engines.map(({ containers }) => containers.remove(id, { force: true })));
  assert.ok(removals.some(({ status }) => status === 'fulfilled'));
  for (const result of removals) {
    if (result.status === 'rejected') assert.match((result.reason as EngineError).kind, /^(conflict|not-found)$/);
  }
  assert.deepEqual(await engine.containers.list({ all: true }), []);
});
