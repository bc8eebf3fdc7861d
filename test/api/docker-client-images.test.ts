import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ApiWorld, openApi } from '../support/api.js';
import { type DockerClient, findDockerProblem, openDockerClient } from '../support/docker-client.js';
import { openRegistry } from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:docker', 'command:ip');

async function open(t: TestContext): Promise<{ readonly world: ApiWorld; readonly docker: DockerClient } | undefined> {
  const problem = findDockerProblem();
  if (problem !== undefined) {
    t.skip(problem);
    return undefined;
  }
  const world = await openApi(t);
  return { world, docker: openDockerClient(world) };
}

const lines = (text: string): readonly string[] => text.split('\n');

test('docker lists, inspects, names, saves, loads, imports and removes images', needs, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { world, docker } = opened;
  const tar = makeTar([{ path: 'hello', content: 'hello' }]);
  const imported = await docker.run(['import', '--change', 'CMD ["sh"]', '--message', 'my words', '-', 'imp:1'], tar);
  assert.deepEqual([imported.code, imported.stderr], [0, '']);
  const id = imported.stdout.trim();
  assert.match(id, /^sha256:[0-9a-f]{64}$/);
  const [title = '', ...rows] = lines(await docker.print('images'));
  assert.match(title, /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
  assert.match(rows[0] ?? '', new RegExp(`^imp +1 +${id.slice(7, 19)} .* 5B$`));
  assert.equal(rows.length, 2);
  assert.equal(await docker.print('images', '-q', '--no-trunc', 'imp'), id);
  assert.equal(await docker.print('images', '--filter', 'before=imp:1', '--format', '{{.Repository}}'), 'busybox');
  const format = '{{.Id}} {{json .Config.Cmd}} {{.Comment}} {{index .RepoTags 0}}';
  assert.equal(await docker.print('image', 'inspect', '--format', format, 'imp:1'), `${id} ["sh"] my words imp:1`);
  const history = lines(await docker.print('history', '--no-trunc', 'imp:1'));
  assert.match(history[0] ?? '', /^IMAGE +CREATED +CREATED BY +SIZE +COMMENT$/);
  assert.match(history[1] ?? '', new RegExp(`^${id} .* 5B +my words$`));
  await docker.print('tag', 'imp:1', 'other:2');
  const archive = join(world.folder, 'saved.tar');
  await docker.print('save', '-o', archive, 'other:2', 'busybox');
  assert.equal(await docker.print('rmi', 'other:2'), 'Untagged: other:2');
  const removed = lines(await docker.print('rmi', 'imp:1'));
  assert.deepEqual(removed.slice(0, 2), ['Untagged: imp:1', `Deleted: ${id}`]);
  assert.equal(await docker.refusal('rmi', 'imp:1'), '1 Error response from daemon: No such image: imp:1');
  const loaded = lines(await docker.print('load', '-i', archive));
  assert.deepEqual(loaded.slice(-2), ['Loaded image: other:2', 'Loaded image: busybox:latest']);
  assert.equal(await docker.print('image', 'inspect', '-f', '{{.Id}}', 'other:2'), id);
  assert.match(await docker.print('image', 'prune', '-f'), /^Total reclaimed space: 0B$/m);
  assert.match(await docker.print('image', 'prune', '-af', '--filter', 'until=1h'), /^Total reclaimed space: 0B$/m);
  assert.match(await docker.print('image', 'prune', '-af'), /untagged: other:2\ndeleted: sha256:/);
  assert.match(await docker.refusal('image', 'inspect', 'nosuch'), /No such image: nosuch:latest/);
  assert.match(await docker.refusal('load', '-i', '/dev/null'), /^1 Error response from daemon: /);
  assert.deepEqual(world.warnings, []);
});

test('docker pushes to a registry and pulls from it', needs, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { world, docker } = opened;
  const host = new URL((await openRegistry(t)).url).host;
  for (const tag of ['1', '2']) await docker.print('tag', 'busybox', `${host}/team/bb:${tag}`);
  const pushed = await docker.print('push', `${host}/team/bb:1`);
  assert.match(pushed, new RegExp(`^The push refers to repository \\[${host}/team/bb\\]`));
  assert.match(pushed, /^[0-9a-f]{12}: Pushed$/m);
  const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(pushed)?.[1];
  await docker.print('push', '--all-tags', `${host}/team/bb`);
  await docker.print('rmi', `${host}/team/bb:1`, `${host}/team/bb:2`, 'busybox');
  const pulled = await docker.print('pull', `${host}/team/bb:1`);
  assert.match(pulled, /^1: Pulling from team\/bb$/m);
  assert.match(pulled, /^[0-9a-f]{12}: Pull complete$/m);
  assert.deepEqual(lines(pulled).slice(-3), [
    `Digest: ${digest}`,
    `Status: Downloaded newer image for ${host}/team/bb:1`,
    `${host}/team/bb:1`,
  ]);
  await docker.print('pull', '-q', '--all-tags', `${host}/team/bb`);
  assert.equal(await docker.print('images', '-q', `${host}/team/bb:2`).then((text) => text.length), 12);
  const format = '{{index .RepoDigests 0}}';
  assert.equal(await docker.print('image', 'inspect', '-f', format, `${host}/team/bb:1`), `${host}/team/bb@${digest}`);
  assert.match(
    await docker.refusal('pull', `${host}/team/bb:9`),
    /^1 Error response from daemon: manifest for .*not found/,
  );
  assert.match(await docker.refusal('search', '127.0.0.1:9/x'), /^1 Error response from daemon: .*connection refused/);
  assert.match(
    await docker.refusal('push', 'nosuch:1'),
    /^1 An image does not exist locally with the tag: nosuch|^1 Error response from daemon: An image does not exist/,
  );
  assert.deepEqual(world.warnings, []);
});

test('docker makes, lists, inspects, joins, leaves and removes networks', needs, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { world, docker } = opened;
  const { id: container } = await world.engine.containers.create({
    ...{ image: 'busybox', name: 'c1', command: ['sleep', '1000'] },
  });
  await world.engine.containers.start(container);
  const subnet = ['--subnet', '172.30.79.0/24', '--ip-range', '172.30.79.128/25', '--gateway', '172.30.79.1'];
  const id = await docker.print('network', 'create', ...subnet, '--label', 'x=y', 'n1');
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(await docker.print('network', 'ls', '-q', '--no-trunc', '--filter', 'name=n1'), id);
  assert.match(await docker.print('network', 'ls'), new RegExp(`^${id.slice(0, 12)} +n1 +bridge +local$`, 'm'));
  const config = '{{range .IPAM.Config}}{{.Subnet}} {{.IPRange}} {{.Gateway}}{{end}} {{index .Labels "x"}}';
  assert.equal(
    await docker.print('network', 'inspect', '-v', '-f', config, 'n1'),
    '172.30.79.0/24 172.30.79.128/25 172.30.79.1 y',
  );
  await docker.print('network', 'connect', '--ip', '172.30.79.50', '--alias', 'al', 'n1', 'c1');
  const member = '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}';
  assert.equal(await docker.print('network', 'inspect', '-f', member, 'n1'), 'c1 172.30.79.50/24');
  assert.match(
    await docker.refusal('network', 'rm', 'n1'),
    /^1 Error response from daemon: .*network n1 has active endpoints/,
  );
  await docker.print('network', 'disconnect', 'n1', 'c1');
  assert.equal(await docker.print('network', 'inspect', '-f', member, 'n1'), '');
  await docker.print('network', 'create', 'n2');
  assert.equal(await docker.print('network', 'rm', 'n1'), 'n1');
  assert.equal(await docker.print('network', 'prune', '-f'), 'Deleted Networks:\nn2');
  assert.equal(await docker.refusal('network', 'inspect', 'n1'), '1 Error response from daemon: network n1 not found');
  assert.deepEqual(world.warnings, []);
});

test('docker makes, lists, inspects, removes and prunes volumes', needs, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { world, docker } = opened;
  assert.equal(await docker.print('volume', 'create', '--label', 'a=b', 'v1'), 'v1');
  const anonymous = await docker.print('volume', 'create');
  assert.equal(await docker.print('volume', 'ls', '-q', '--filter', 'label=a=b'), 'v1');
  assert.equal(await docker.print('volume', 'inspect', '-f', '{{.Driver}} {{.Scope}}', 'v1'), 'local local');
  assert.equal(existsSync(await docker.print('volume', 'inspect', '-f', '{{.Mountpoint}}', 'v1')), true);
  assert.match(await docker.print('volume', 'prune', '-f'), new RegExp(`^Deleted Volumes:\n${anonymous}\n`));
  await docker.print('volume', 'create', 'v2');
  assert.match(await docker.print('volume', 'prune', '-af', '--filter', 'label!=a'), /^Deleted Volumes:\nv2\n/);
  assert.equal(await docker.print('volume', 'rm', 'v1'), 'v1');
  assert.equal(await docker.refusal('volume', 'rm', 'v1'), '1 Error response from daemon: get v1: no such volume');
  assert.deepEqual(world.warnings, []);
});

test('docker shows the engine, its disk and its events, and prunes all of it', needs, async (t) => {
  const opened = await open(t);
  if (opened === undefined) return;
  const { world, docker } = opened;
  const { id } = await world.engine.containers.create({ image: 'busybox', name: 'c1', command: ['x'] });
  await docker.print('volume', 'create', 'v1');
  writeFileSync(join(await docker.print('volume', 'inspect', '-f', '{{.Mountpoint}}', 'v1'), 'f'), 'x'.repeat(4096));
  const df = lines(await docker.print('system', 'df'));
  assert.deepEqual(
    df.map((line) => line.split(/ {2,}/).slice(0, 3).join('|')),
    ['TYPE|TOTAL|ACTIVE', 'Images|1|1', 'Containers|1|0', 'Local Volumes|1|0', 'Build Cache|0|0'],
  );
  const verbose = await docker.print('system', 'df', '-v');
  assert.match(verbose, /^busybox +latest +[0-9a-f]{12} .* 0B +[\d.]+\w?B +1$/m);
  assert.match(verbose, new RegExp(`^${id.slice(0, 12)} +busybox `, 'm'));
  assert.match(verbose, /^v1 +0 +4\.096kB$/m);
  const info = await docker.print('info');
  for (const line of [
    ...[' Containers: 1', '  Stopped: 1', ' Images: 1', ' Storage Driver: overlay2', ' Logging Driver: json-file'],
    ...[' Plugins:', '  Volume: local', '  Network: bridge host ipvlan macvlan null', ' Swarm: inactive'],
    ...[' Runtimes: gantry', ' Default Runtime: gantry', '  seccomp', '   Profile: builtin', ' OSType: linux'],
    ...[' Live Restore Enabled: true', '  127.0.0.0/8', ` Docker Root Dir: ${world.options.root}`],
  ]) {
    assert.equal(info.includes(`\n${line}`), true, `${line} in ${info}`);
  }
  const version = await docker.print('version', '--format', '{{.Server.Platform.Name}} {{.Server.APIVersion}}');
  assert.match(version, /^Gantry 1\.5\d$/);
  assert.match(await docker.print('version'), /^Server: Gantry\n Engine:\n {2}Version: /m);
  const since = Math.floor(Date.now() / 1000) - 60;
  const asked = ['--since', String(since), '--until', String(Math.floor(Date.now() / 1000) + 1)];
  const events = await docker.print(
    'events',
    ...asked,
    '--filter',
    'type=volume',
    '--format',
    '{{.Action}} {{.Actor.ID}}',
  );
  assert.equal(events, 'create v1');
  await docker.print('network', 'create', 'n1');
  const pruned = await docker.print('system', 'prune', '-af', '--volumes');
  assert.match(
    pruned,
    new RegExp(`^Deleted Containers:\n${id}\n\nDeleted Networks:\nn1\n\nDeleted Images:\nuntagged: busybox`),
  );
  assert.match(pruned, /\nTotal reclaimed space: [\d.]+[kM]B$/);
  const counted = await docker.print('system', 'df', '--format', '{{.Type}}={{.TotalCount}}');
  assert.deepEqual(lines(counted), ['Images=0', 'Containers=0', 'Local Volumes=1', 'Build Cache=0']);
  assert.match(await docker.print('system', 'prune', '-f'), /^Total reclaimed space: 0B$/);
  assert.match(
    await docker.refusal('search', '--limit', '200', 'x'),
    /^1 Error response from daemon: limit 200 is outside/,
  );
  assert.match(await docker.refusal('node', 'ls'), /^1 Error response from daemon: This node is not a swarm manager\./);
  assert.equal(await docker.print('plugin', 'ls', '-q'), '');
  assert.deepEqual(world.warnings, []);
});
