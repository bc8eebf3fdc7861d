import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import Docker from 'dockerode';
import { type ClientWorld, openClientWorld } from '../support/client-world.js';
import { openRegistry } from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:ip');
const IMAGE = 'web:1';
const WITHOUT_NETWORK = { HostConfig: { NetworkMode: 'none' } };

/** dockerode as its users have it, unchanged. */
test('dockerode drives the daemon', NEEDS, async (t) => {
  const world = await openClientWorld();
  t.after(world.close);
  const docker = new Docker({ socketPath: world.socket });
  const steps: readonly (readonly [string, (step: Step) => Promise<void>])[] = [
    ['attaches to a container before its start, with an upgrade and without', attach],
    ['runs a program and tells its code', run],
    ['is attached by a websocket of Node’s own', attachWebSocket],
    ['executes programs beside it', execute],
    ['follows logs, statistics and events', follow],
    ['changes and looks at containers', change],
    ['carries files in and out as tars', carryFiles],
    ['pushes, pulls, saves, loads, imports and removes images', moveImages],
    ['makes, joins, leaves and prunes networks and volumes', connect],
  ];
  for (const [title, act] of steps) await t.test(title, (inner) => act({ t: inner, docker, world }));
  assert.deepEqual(world.warnings(), []);
});

interface Step {
  readonly t: TestContext;
  readonly docker: Docker;
  readonly world: ClientWorld;
}

/** What a stream in frames says, as dockerode takes it apart. */
function demux(
  docker: Docker,
  stream: NodeJS.ReadableStream,
): { readonly stdout: PassThrough; readonly stderr: PassThrough } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  stream.on('end', () => {
    stdout.end();
    stderr.end();
  });
  return { stdout, stderr };
}

async function attach({ docker: overSocket, world }: Step): Promise<void> {
  const overTcp = new Docker({ protocol: 'http', host: '127.0.0.1', port: world.port });
  assert.equal(String(await overTcp.ping()), 'OK');
  for (const docker of [overSocket, overTcp]) {
    for (const hijack of [true, false]) {
      const container = await docker.createContainer({
        ...{ Image: IMAGE, Cmd: ['sh', '-c', 'echo out; echo err >&2; read line; echo "got $line"'] },
        ...{ OpenStdin: true, StdinOnce: true, ...WITHOUT_NETWORK },
      });
      const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack });
      const { stdout, stderr } = demux(docker, stream);
      const said = [text(stdout), text(stderr)];
      await container.start();
      stream.write('a line\n');
      assert.deepEqual(await container.wait(), { StatusCode: 0, Error: null });
      assert.deepEqual(await Promise.all(said), ['out\ngot a line\n', 'err\n'], `hijack: ${hijack}`);
      await container.remove();
    }
  }
}

async function run({ docker }: Step): Promise<void> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const command = ['sh', '-c', 'echo "$A"; echo err >&2; exit 3'];
  const options = { Tty: false, Env: ['A=b'], ...WITHOUT_NETWORK };
  const [result, container] = await docker.run(IMAGE, command, [stdout, stderr], options);
  assert.equal(result.StatusCode, 3);
  assert.deepEqual([String(stdout.read()), String(stderr.read())], ['b\n', 'err\n']);
  await container.remove();
  await assert.rejects(docker.run('nosuch:1', ['x'], new PassThrough()), { statusCode: 404 });
}

async function attachWebSocket({ docker, world }: Step): Promise<void> {
  const container = await docker.createContainer({ Image: IMAGE, Cmd: ['echo', 'hi'], ...WITHOUT_NETWORK });
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/containers/${container.id}/attach/ws?stream=1&stdout=1`);
  const said: Promise<string>[] = [];
  socket.addEventListener('message', ({ data }) => void said.push((data as Blob).text()));
  await once(socket, 'open');
  await container.start();
  await once(socket, 'close');
  assert.equal((await Promise.all(said)).join(''), 'hi\n');
  await container.remove();
}

async function execute({ docker }: Step): Promise<void> {
  const container = await docker.createContainer({ Image: IMAGE, Cmd: ['sleep', '1000'], ...WITHOUT_NETWORK });
  await container.start();
  const exec = await container.exec({
    ...{ Cmd: ['sh', '-c', 'cat; echo "$A" >&2; exit 5'], Env: ['A=b'], WorkingDir: '/tmp' },
    ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  const { stdout, stderr } = demux(docker, stream);
  stream.end('typed');
  assert.deepEqual(await Promise.all([text(stdout), text(stderr)]), ['typed', 'b\n']);
  assert.equal((await exec.inspect()).ExitCode, 5);
  const sized = await container.exec({
    Cmd: ['sh', '-c', 'read go; stty size'],
    Tty: true,
    AttachStdin: true,
    AttachStdout: true,
  });
  const terminal = await sized.start({ hijack: true, stdin: true, Tty: true });
  await sized.resize({ h: 33, w: 111 });
  const shown = text(terminal);
  terminal.write('go\n');
  assert.match(await shown, /33 111\r\n$/);
  const plain = await container.exec({ Cmd: ['echo', 'hi'], AttachStdout: true });
  assert.equal(await text(demux(docker, await plain.start({})).stdout), 'hi\n');
  const detached = await container.exec({ Cmd: ['touch', '/tmp/made'] });
  await detached.start({ Detach: true });
  await waitUntil('the detached program', async () => !(await detached.inspect()).Running);
  await container.remove({ force: true });
}

async function follow({ docker }: Step): Promise<void> {
  const events = await docker.getEvents({ filters: { type: ['container'], label: ['followed'] } });
  const told: string[] = [];
  events.on('data', (bytes: Buffer) => {
    for (const line of String(bytes).trim().split('\n')) told.push(JSON.parse(line).Action);
  });
  const container = await docker.createContainer({
    ...{ Image: IMAGE, Cmd: ['sh', '-c', 'echo one; echo two >&2; read line; echo three'] },
    ...{ OpenStdin: true, StdinOnce: true, Labels: { followed: 'yes' }, ...WITHOUT_NETWORK },
  });
  const input = await container.attach({ stream: true, stdin: true, hijack: true });
  await container.start();
  const { stdout, stderr } = demux(docker, await container.logs({ follow: true, stdout: true, stderr: true }));
  const said = [text(stdout), text(stderr)];
  const stats = await container.stats({ stream: true });
  const [first] = await once(stats, 'data');
  assert.equal(JSON.parse(String(first)).pids_stats.current, 1);
  (stats as unknown as Readable).destroy();
  assert.ok((await container.stats({ stream: false, 'one-shot': true })).memory_stats.usage > 0);
  input.end('\n');
  assert.deepEqual(await Promise.all(said), ['one\nthree\n', 'two\n']);
  const tail = await container.logs({ follow: false, stdout: true, tail: 1, timestamps: true });
  assert.match(tail.toString('utf8', 8), /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
  await container.remove();
  await waitUntil('the last event', () => told.includes('destroy'));
  (events as Readable).destroy();
  assert.deepEqual(told, ['create', 'attach', 'start', 'die', 'destroy']);
}

async function change({ docker }: Step): Promise<void> {
  const container = await docker.createContainer({
    ...{ Image: IMAGE, name: 'changed', Cmd: ['sleep', '1000'], StopSignal: 'KILL', Labels: { a: 'b' } },
    HostConfig: { NetworkMode: 'none', Memory: 64 * 1024 * 1024 },
  });
  await container.start();
  await assert.rejects(container.start(), { statusCode: 304 });
  await container.update({ Memory: 32 * 1024 * 1024, MemorySwap: 64 * 1024 * 1024 });
  await container.rename({ name: 'risen' });
  await container.pause();
  assert.equal((await container.inspect()).State.Status, 'paused');
  await container.unpause();
  assert.equal((await container.top({ ps_args: '-o pid,cmd' })).Processes.length, 1);
  await container.restart({ t: 0 });
  const [listed] = await docker.listContainers({ filters: { label: ['a=b'] } });
  assert.deepEqual(listed?.Names, ['/risen']);
  await container.kill({ signal: 'KILL' });
  assert.equal((await container.wait()).StatusCode, 137);
  await assert.rejects(container.kill(), { statusCode: 409 });
  const { Id } = await container.commit({ repo: 'made', tag: '1', comment: 'why' });
  assert.equal((await docker.getImage('made:1').inspect()).Id, Id);
  await docker.getImage('made:1').remove();
  assert.deepEqual((await docker.pruneContainers({ filters: { label: ['a=b'] } })).ContainersDeleted, [container.id]);
  await assert.rejects(container.inspect(), { statusCode: 404, reason: 'no such container' });
}

async function carryFiles({ docker }: Step): Promise<void> {
  const container = await docker.createContainer({ Image: IMAGE, Cmd: ['true'], ...WITHOUT_NETWORK });
  const tar = makeTar([{ path: 'carried/file', content: 'inside' }]);
  await container.putArchive(Buffer.from(tar), { path: '/tmp' });
  await container.putArchive(Readable.from([makeTar([{ path: 'streamed', content: 'too' }])]), { path: '/tmp' });
  const archive = await buffer(await container.getArchive({ path: '/tmp' }));
  assert.ok(archive.includes('tmp/carried/file') && archive.includes('inside') && archive.includes('tmp/streamed'));
  assert.ok((await buffer(await container.export())).includes('tmp/carried/file'));
  const told = (await container.infoArchive({ path: '/tmp/carried/file' })) as unknown as {
    headers: Record<string, string>;
  };
  assert.ok(told !== undefined);
  assert.deepEqual((await container.changes()).map(({ Path }: { Path: string }) => Path).sort(), [
    '/tmp',
    '/tmp/carried',
    '/tmp/carried/file',
    '/tmp/streamed',
  ]);
  await assert.rejects(container.getArchive({ path: '/nosuch' }), { statusCode: 404 });
  await container.remove();
}

function finish(docker: Docker, stream: NodeJS.ReadableStream): Promise<readonly { readonly status?: string }[]> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, lines) => (error === null ? resolve(lines) : reject(error)));
  });
}

async function moveImages({ t, docker }: Step): Promise<void> {
  const name = `${new URL((await openRegistry(t)).url).host}/team/web`;
  await docker.getImage(IMAGE).tag({ repo: name, tag: '1' });
  const pushed = await finish(docker, await docker.getImage(`${name}:1`).push({ authconfig: {} }));
  assert.ok(pushed.some(({ status }) => /^1: digest: sha256:/.test(status ?? '')));
  await docker.getImage(`${name}:1`).remove();
  const pulled = await finish(docker, await docker.pull(`${name}:1`));
  assert.equal(pulled.at(-1)?.status, `Status: Downloaded newer image for ${name}:1`);
  await assert.rejects(
    docker.pull(`${name}:9`).then((stream) => finish(docker, stream)),
    /not found|manifest unknown/,
  );
  const saved = await buffer(await docker.getImage(`${name}:1`).get());
  await docker.getImage(`${name}:1`).remove();
  assert.match(await text(await docker.loadImage(Readable.from([saved]))), /Loaded image: /);
  assert.ok((await docker.getImage(`${name}:1`).history()).length > 0);
  await finish(
    docker,
    await docker.importImage(Readable.from([makeTar([{ path: 'f', content: 'x' }])]), { repo: 'imported', tag: '1' }),
  );
  const names = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  assert.deepEqual(names.sort(), [`${name}:1`, 'imported:1', IMAGE].sort());
  await docker.getImage('imported:1').remove();
  await docker.getImage(`${name}:1`).remove();
  assert.equal((await docker.pruneImages({ filters: { dangling: ['true'] } })).SpaceReclaimed, 0);
  const context = Readable.from([makeTar([{ path: 'Dockerfile', content: 'FROM web:1\n' }])]);
  await assert.rejects(docker.buildImage(context, { t: 'built' }), {
    statusCode: 501,
    message: /build is not implemented/,
  });
}

async function connect({ docker }: Step): Promise<void> {
  const network = await docker.createNetwork({ Name: 'n1', CheckDuplicate: true, Labels: { a: 'b' } });
  const volume = await docker.createVolume({ Name: 'v1', Labels: { a: 'b' } });
  assert.equal((await volume.inspect()).Name, 'v1');
  const container = await docker.createContainer({ Image: IMAGE, HostConfig: { Binds: ['v1:/v'] } });
  await network.connect({ Container: container.id, EndpointConfig: { Aliases: ['al'] } });
  await container.start();
  const asked = await docker.run(IMAGE, ['wget', '-qO-', 'http://al/'], new PassThrough(), {
    HostConfig: { NetworkMode: 'n1', AutoRemove: true },
  });
  assert.equal(asked[0].StatusCode, 0);
  assert.deepEqual(Object.keys((await network.inspect()).Containers ?? {}), [container.id]);
  await assert.rejects(network.remove(), { statusCode: 403 });
  await network.disconnect({ Container: container.id, Force: true });
  await assert.rejects(docker.getVolume('v1').remove(), { statusCode: 409 });
  await container.remove({ force: true, v: true });
  assert.deepEqual(
    (await docker.listNetworks({ filters: { label: ['a=b'] } })).map(({ Name }) => Name),
    ['n1'],
  );
  assert.deepEqual((await docker.pruneNetworks()).NetworksDeleted, ['n1']);
  assert.deepEqual(
    (await docker.listVolumes()).Volumes.map(({ Name }) => Name),
    ['v1'],
  );
  await docker.getVolume('v1').remove();
  assert.equal((await docker.df()).Volumes.length, 0);
  assert.equal((await docker.info()).Containers, 0);
}
