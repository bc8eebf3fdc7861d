import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttachedStreams, Engine } from '../../src/engine/engine.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { EngineEvent } from '../../src/model/events.js';
import type { ContainerId, VolumeName } from '../../src/model/ids.js';
import { CONTRACT_ENGINES, type ContractEngine } from '../support/contract-engines.js';
import { refuses } from '../support/contract-steps.js';
import { waitUntil } from '../support/wait-until.js';

/** What every engine does, wherever it is. One engine serves all steps of a world: a dockerd takes seconds to start. */
for (const world of CONTRACT_ENGINES) {
  test(`an engine keeps its contract: ${world.name}`, { ...world.needs, concurrency: true }, async (t) => {
    const engine = await world.open(t);
    await Promise.all(STEPS.map(([title, step]) => t.test(title, () => step(engine, world))));
    for (const [title, step] of STEPS_ALONE) {
      await removeAll(engine);
      await t.test(title, () => step(engine, world));
    }
  });
}

type Step = (engine: Engine, world: ContractEngine) => Promise<void>;

/** Each with containers of its own, beside one another. */
const STEPS: readonly (readonly [string, Step])[] = [
  ['a run has its output from the first byte, its exit code, its log and its events', runToEnd],
  ['stdin reaches the program, and its end too', typeAndEnd],
  ['a terminal has the size it was given', useTerminal],
  ['exec has input, output, environment and an exit code', execute],
  ['a container that runs is looked at, limited, paused, renamed and stopped', changeRunning],
  ['files go in and out, and what has changed is told', moveFiles],
  ['an image is committed, named, told, saved, loaded and removed', moveImages],
  ['what cannot be is refused by its kind', refuse],
];

/** They ask for all that there is. */
const STEPS_ALONE: readonly (readonly [string, Step])[] = [
  ['networks and volumes are made, listed, pruned and removed', changeResources],
  ['a list has what a filter asks for', filterLists],
];

async function removeAll(engine: Engine): Promise<void> {
  for (const { id } of await engine.containers.list({ all: true })) {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
}

const MIB = 1024 * 1024;
/** Without a bridge, which a dockerd of tests has not. */
const LONE = { image: 'busybox', namespaces: { network: 'none' } } as const satisfies ContainerConfig;

async function create(engine: Engine, config: Partial<ContainerConfig>): Promise<ContainerId> {
  return (await engine.containers.create({ ...LONE, ...config })).id;
}

async function start(engine: Engine, config: Partial<ContainerConfig> = {}): Promise<ContainerId> {
  const id = await create(engine, { command: ['sleep', '1000'], ...config });
  await engine.containers.start(id);
  return id;
}

async function readText(output: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<string> {
  let text = '';
  for await (const { bytes } of output) text += Buffer.from(bytes).toString();
  return text;
}

/** Of two streams: dockerd reads each by itself, so that they have no order between them. */
async function readBoth(output: AttachedStreams['output']): Promise<Readonly<Record<'stdout' | 'stderr', string>>> {
  const text = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of output) text[stream] += Buffer.from(bytes).toString();
  return text;
}

async function readBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of stream) parts.push(bytes);
  return Buffer.concat(parts);
}

async function* streamOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function runToEnd(engine: Engine): Promise<void> {
  const end = new AbortController();
  const events = engine.events({ signal: end.signal });
  const command = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
  const id = await create(engine, { name: 'life', command, labels: { tier: 'web' } });
  const streams = await engine.containers.attach(id, { stdout: true, stderr: true });
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  const text = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of streams.output) text[stream] += Buffer.from(bytes).toString();
  assert.deepEqual(text, { stdout: 'out\n', stderr: 'err\n' });
  assert.equal((await exit).exitCode, 3);
  const { state, config, process } = await engine.containers.inspect('life');
  assert.ok(state.status === 'exited' && state.exitCode === 3 && state.startedAtMs > 0 && state.finishedAtMs > 0);
  assert.deepEqual(config.labels, { origin: 'image', tier: 'web' });
  assert.deepEqual([process.path, ...process.args], command);
  const log: string[] = [];
  for await (const { stream, text: line, atMs } of engine.containers.logs(id)) {
    assert.ok(Math.abs(atMs - state.startedAtMs) < 60_000);
    log.push(`${stream} ${line}`);
  }
  assert.deepEqual(log.sort(), ['stderr err\n', 'stdout out\n']);
  const last: string[] = [];
  for await (const { text: line } of engine.containers.logs(id, { tailLines: 5, streams: ['stderr'] })) last.push(line);
  assert.deepEqual(last, ['err\n']);
  await engine.containers.remove('life');
  const told: EngineEvent[] = [];
  for await (const event of events) {
    if (event.id === id) told.push(event);
    if (event.id === id && event.action === 'destroy') break;
  }
  end.abort();
  assert.deepEqual(
    told.map(({ action }) => action),
    ['create', 'attach', 'start', 'die', 'destroy'],
  );
  const died = told.find(({ action }) => action === 'die');
  assert.deepEqual([died?.id, died?.attributes['name'], died?.attributes['exitCode']], [id, 'life', '3']);
}

async function typeAndEnd(engine: Engine): Promise<void> {
  const id = await create(engine, { command: ['cat'], openStdin: true, stdinOnce: true });
  const streams = await engine.containers.attach(id, { stdin: true, stdout: true, stderr: true });
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  await streams.write(Buffer.from('to and fro'));
  await streams.closeStdin();
  assert.equal(await readText(streams.output), 'to and fro');
  assert.equal((await exit).exitCode, 0);
}

async function useTerminal(engine: Engine): Promise<void> {
  const id = await create(engine, { command: ['sh'], tty: true, openStdin: true });
  const streams = await engine.containers.attach(id, { stdin: true, stdout: true });
  await engine.containers.start(id, { terminal: { columns: 93, rows: 31 } });
  await streams.write(Buffer.from('stty size; exit\n'));
  assert.match(await readText(streams.output), /31 93/);
  const printed: string[] = [];
  for await (const { text } of engine.containers.logs(id)) printed.push(text);
  assert.ok(
    printed.some((line) => line === '31 93\r\n'),
    JSON.stringify(printed),
  );
}

async function execute(engine: Engine, { isDockerd }: ContractEngine): Promise<void> {
  const container = await start(engine);
  const id = await engine.containers.createExec(container, {
    command: ['sh', '-c', 'cat; echo $GREETING >&2; exit 5'],
    env: { GREETING: 'moin' },
    stdin: true,
  });
  assert.equal((await engine.containers.inspectExec(id)).state.status, 'created');
  const streams = await engine.containers.startExec(id, { stdin: true, stdout: true, stderr: true });
  await streams.write(Buffer.from('typed '));
  await streams.closeStdin();
  assert.deepEqual(await readBoth(streams.output), { stdout: 'typed ', stderr: 'moin\n' });
  // dockerd ends the streams before it has noted the exit.
  if (isDockerd)
    await waitUntil('the exit', async () => (await engine.containers.inspectExec(id)).state.status === 'exited');
  assert.deepEqual((await engine.containers.inspectExec(id)).state, { status: 'exited', exitCode: 5 });
  await refuses(engine.containers.startExec(id, { stdout: true }), 'conflict', /has already run/);
  const silent = await engine.containers.createExec(container, { command: ['sh', '-c', 'echo a; echo b >&2'] });
  const wanted = await engine.containers.startExec(silent, { stderr: true });
  assert.equal(await readText(wanted.output), 'b\n', 'only what was asked for comes');
}

async function changeRunning(engine: Engine, { isDockerd }: ContractEngine): Promise<void> {
  const id = await start(engine, { name: 'busy' });
  const [row] = await engine.containers.top('busy');
  assert.equal(row?.command, 'sleep 1000');
  assert.ok(row !== undefined && row.pid > 0 && row.rssBytes > 0);
  for await (const { cpu, memory, pids } of engine.containers.stats(id)) {
    assert.ok(cpu.usageUs > 0 && memory.currentBytes > 0);
    assert.equal(pids.current, 1);
    break;
  }
  assert.deepEqual([...(await engine.containers.readStats([id])).keys()], [id]);
  const limits = { memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB, nanoCpus: 500_000_000, pidsMax: 20 };
  const { limits: set } = await engine.containers.update(id, { limits });
  assert.deepEqual([set.memoryBytes, set.nanoCpus, set.pidsMax], [64 * MIB, 500_000_000, 20]);
  // dockerd takes no memory limit away from a container that has one.
  if (!isDockerd) {
    const lift = { memoryBytes: null, memorySwapBytes: null, nanoCpus: null, pidsMax: null };
    assert.deepEqual((await engine.containers.update(id, { limits: lift })).limits, {});
  }
  await engine.containers.pause(id);
  assert.equal((await engine.containers.inspect(id)).state.status, 'paused');
  await engine.containers.unpause(id);
  await refuses(engine.containers.unpause(id), 'conflict', /is not paused/);
  await engine.containers.rename(id, 'better');
  assert.equal((await engine.containers.inspect(id.slice(0, 12))).name, 'better');
  const exit = engine.containers.wait(id);
  await engine.containers.stop('better', { timeoutMs: 0 });
  assert.equal((await exit).exitCode, 137);
  await refuses(engine.containers.stop(id), 'not-modified', /is not running/);
  await engine.containers.start(id);
  await refuses(engine.containers.start(id), 'not-modified', /is already running/);
  await engine.containers.kill(id, 'SIGKILL');
  assert.equal((await engine.containers.wait(id)).exitCode, 137);
  await refuses(engine.containers.kill(id), 'conflict', /is not running/);
}

async function moveFiles(engine: Engine): Promise<void> {
  const id = await start(engine);
  const found = await engine.containers.statPath(id, '/etc/passwd');
  assert.deepEqual([found.name, found.mode & 0o170000], ['passwd', 0o100000]);
  assert.equal((await engine.containers.statPath(id, '/etc')).mode & 0o170000, 0o040000);
  const tar = await readBytes(await engine.containers.readArchive(id, '/etc/passwd'));
  await engine.containers.writeArchive(id, '/tmp', streamOnce(tar));
  assert.equal((await engine.containers.statPath(id, '/tmp/passwd')).sizeBytes, found.sizeBytes);
  const changes = await engine.containers.changes(id);
  assert.deepEqual(changes.filter(({ path }) => path.startsWith('/tmp')).toSorted(byPath), [
    { path: '/tmp', kind: 'modified' },
    { path: '/tmp/passwd', kind: 'added' },
  ]);
  assert.ok((await readBytes(await engine.containers.export(id))).includes('tmp/passwd'));
  await refuses(engine.containers.statPath(id, '/nope'), 'not-found', /^Could not find the file \/nope in container/);
  await refuses(
    engine.containers.readArchive(id, '/nope'),
    'not-found',
    /^Could not find the file \/nope in container/,
  );
}

const byPath = (one: { readonly path: string }, other: { readonly path: string }) => (one.path < other.path ? -1 : 1);

async function moveImages(engine: Engine): Promise<void> {
  const id = await start(engine);
  const made = await engine.containers.commit(id, {
    reference: 'made:1',
    message: 'by hand',
    changes: ['CMD ["true"]', 'ENV MADE=yes'],
  });
  assert.deepEqual([made.repoTags, made.config.command], [['made:1'], ['true']]);
  assert.equal(made.config.env?.['MADE'], 'yes');
  await engine.images.tag('made:1', 'registry.local/team/made:2');
  const listed = (await engine.images.list()).find((image) => image.id === made.id);
  assert.deepEqual(listed?.repoTags.toSorted(), ['made:1', 'registry.local/team/made:2']);
  assert.ok((await engine.images.history('made:1')).length >= 2);
  const tar = await readBytes(await engine.images.save(['registry.local/team/made:2']));
  for (const ref of ['made:1', 'registry.local/team/made:2']) await engine.images.remove(ref);
  await refuses(engine.images.inspect('made:1'), 'not-found', /no such image: made:1/i);
  let loaded: string | undefined;
  for await (const step of engine.images.load(streamOnce(tar))) if (step.phase === 'done') loaded = step.imageId;
  assert.equal(loaded, made.id);
  await engine.images.remove(made.id, { force: true });
}

async function changeResources(engine: Engine): Promise<void> {
  const { id } = await engine.networks.create({ name: 'wire', labels: { tier: 'net' } });
  const network = await engine.networks.inspect('wire');
  assert.deepEqual([network.id, network.driver, network.labels], [id, 'bridge', { tier: 'net' }]);
  assert.ok((await engine.networks.list()).some(({ name }) => name === 'wire'));
  await refuses(engine.networks.create({ name: 'wire' }), 'conflict', /already exists/);
  assert.deepEqual((await engine.networks.prune({ preview: true })).removed, ['wire']);
  await engine.networks.remove('wire');
  await refuses(engine.networks.inspect('wire'), 'not-found', /wire not found/);
  const name = 'kept' as VolumeName;
  const volume = await engine.volumes.create({ name, labels: { tier: 'data' } });
  assert.deepEqual([volume.name, volume.driver, volume.labels], [name, 'local', { tier: 'data' }]);
  await start(engine, { mounts: [{ type: 'volume', source: 'kept', target: '/kept' }] });
  await refuses(engine.volumes.remove(name), 'conflict', /volume is in use/);
  await refuses(engine.volumes.inspect('nope' as VolumeName), 'not-found', /no such volume/);
  const loose = await engine.volumes.create({});
  assert.deepEqual((await engine.volumes.prune({ preview: true })).removed, [loose.name]);
  assert.deepEqual((await engine.volumes.prune()).removed, [loose.name], 'one with a name stays');
  assert.deepEqual(
    (await engine.volumes.list()).map((one) => one.name),
    [name],
  );
}

async function filterLists(engine: Engine): Promise<void> {
  const running = await start(engine, { name: 'web-1', labels: { tier: 'web' } });
  const made = await create(engine, { name: 'web-2', command: ['true'], labels: { tier: 'db' } });
  const ids = async (filter: Parameters<Engine['containers']['list']>[0]) =>
    (await engine.containers.list(filter)).map(({ id }) => id);
  assert.deepEqual(await ids(undefined), [running]);
  assert.deepEqual(await ids({ all: true }), [made, running], 'the newest is first');
  assert.deepEqual(await ids({ status: ['created'] }), [made]);
  assert.deepEqual(await ids({ all: true, labels: { tier: 'web' } }), [running]);
  assert.deepEqual(await ids({ all: true, labels: { tier: undefined }, name: '^web-2$' }), [made]);
  assert.deepEqual([...((await engine.containers.readSizes?.([made])) ?? new Map()).keys()], [made]);
  assert.deepEqual((await engine.containers.prune({ preview: true })).removed, [made]);
  assert.deepEqual((await engine.containers.prune({ labels: { tier: 'nope' } })).removed, []);
  assert.deepEqual((await engine.containers.prune()).removed, [made]);
}

async function refuse(engine: Engine): Promise<void> {
  await refuses(engine.containers.inspect('nope'), 'not-found', 'No such container: nope');
  await refuses(create(engine, { image: 'nope' }), 'not-found', 'No such image: nope:latest');
  const id = await start(engine, { name: 'taken' });
  await refuses(create(engine, { name: 'taken' }), 'conflict', /"\/taken" is already in use by container/);
  await refuses(engine.containers.remove(id), 'conflict', /running container|container is running/);
  await refuses(engine.containers.kill(id, 'NOPE'), 'invalid-argument', 'Invalid signal: NOPE');
  const failing = async (command: string, kind: 'command-not-found' | 'command-not-executable') => {
    const failed = await create(engine, { command: [command] });
    await refuses(engine.containers.start(failed), kind, /OCI runtime create failed/);
    const { state } = await engine.containers.inspect(failed);
    assert.ok(state.status === 'exited' && state.exitCode === (kind === 'command-not-found' ? 127 : 126));
  };
  await Promise.all([
    failing('nope', 'command-not-found'),
    failing('/nope', 'command-not-found'),
    failing('/etc/not-a-program', 'command-not-executable'),
  ]);
  const controller = new AbortController();
  const waiting = engine.containers.wait(id, { signal: controller.signal });
  controller.abort();
  await refuses(waiting, 'cancelled', /cancelled/);
}
