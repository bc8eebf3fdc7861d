import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { hashSync } from 'bcryptjs';
import { answersPing } from '../../bench/peers/docker-api.js';
import { startServer, unmountBelow } from '../../bench/peers/server-process.js';
import { openGantry } from '../support/gantry.js';
import { makeConfig, makeDockerArchive } from '../support/image-fixtures.js';
import { openRegistry, type RegistryWorld } from '../support/registry.js';
import { assertWhole } from '../support/registry-process.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const run = promisify(execFile);

/** Runs a program; its stdout, trimmed. */
async function ask(file: string, ...words: readonly string[]): Promise<string> {
  return (await run(file, words)).stdout.trim();
}

const SMALL = makeTar([{ path: 'etc/motd', content: Buffer.from('hello\n') }]);
const LARGE = makeTar([{ path: 'data', content: Buffer.alloc(3_000_000, 'x') }]);

function writeArchive(t: TestContext): string {
  const path = join(makeTemporaryFolder(t), 'app.tar');
  const layers = [SMALL, LARGE];
  writeFileSync(path, makeDockerArchive(layers, ['app:1'], makeConfig(layers)));
  return path;
}

function hostOf({ url }: Pick<RegistryWorld, 'url'>): string {
  return new URL(url).host;
}

async function digestAt(world: RegistryWorld, path: string): Promise<unknown> {
  return (await world.send('HEAD', path)).headers['docker-content-digest'];
}

test(
  'skopeo pushes, copies with a mount, lists, pulls the same digest and deletes',
  requires('command:skopeo'),
  async (t) => {
    const world = await openRegistry(t, { idleMs: 60_000 });
    const host = hostOf(world);
    const image = `docker://${host}/team/app:1`;
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await ask('skopeo', 'copy', ...plain, '--format', 'oci', `docker-archive:${writeArchive(t)}`, image);
    await ask('skopeo', 'copy', ...plain, image, `docker://${host}/other/app:2`);
    assert.ok(
      world.lines.some((line) => /"POST \/v2\/other\/app\/blobs\/uploads\/\?from=team%2Fapp&mount=.* 201 /.test(line)),
    );
    assert.equal(await digestAt(world, '/v2/other/app/manifests/2'), await digestAt(world, '/v2/team/app/manifests/1'));
    const tags = JSON.parse(await ask('skopeo', 'list-tags', '--tls-verify=false', `docker://${host}/team/app`));
    assert.deepEqual(tags.Tags, ['1']);
    const folder = makeTemporaryFolder(t);
    await ask('skopeo', 'copy', ...plain, '--preserve-digests', image, `dir:${join(folder, 'app')}`);
    assert.equal(await assertWhole(world), 2);
    await ask('skopeo', 'delete', '--tls-verify=false', image);
    assert.equal(await digestAt(world, '/v2/team/app/manifests/1'), undefined);
  },
);

test('skopeo logs in with a password, and without one is refused', requires('command:skopeo'), async (t) => {
  const folder = makeTemporaryFolder(t);
  const passwordFile = join(folder, 'htpasswd');
  writeFileSync(passwordFile, `ann:${hashSync('secret', 4)}`);
  const permissionsFile = join(folder, 'permissions.json');
  const open = { users: ['anonymous'], repositories: ['public/**'], allow: ['pull'] };
  const own = { users: ['ann'], repositories: ['**'], allow: ['pull', 'push'] };
  writeFileSync(permissionsFile, JSON.stringify({ rules: [open, own] }));
  const archive = `docker-archive:${writeArchive(t)}`;
  for (const permissions of [undefined, permissionsFile]) {
    const world = await openRegistry(t, { folder: join(folder, 'r'), passwordFile, permissionsFile: permissions });
    const image = `docker://${hostOf(world)}/public/app:1`;
    const push = ['copy', '--dest-tls-verify=false', archive, image];
    await assert.rejects(ask('skopeo', ...push), /unauthorized|authentication required/);
    await assert.rejects(ask('skopeo', ...push, '--dest-creds', 'ann:wrong'), /unauthorized|incorrect username/);
    await ask('skopeo', ...push, '--dest-creds', 'ann:secret');
    const inspected = ask('skopeo', 'inspect', '--tls-verify=false', '--no-creds', '--raw', image);
    if (permissions === undefined) await assert.rejects(inspected, /unauthorized|authentication required/);
    else assert.match(await inspected, /schemaVersion/);
    await world.stop();
  }
});

test('podman pushes and pulls', requires('root', 'command:podman'), async (t) => {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const folder = makeTemporaryFolder(t);
  const place = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  const podman = (...words: readonly string[]) => ask('podman', ...place, ...words);
  const image = `${hostOf(world)}/team/app:1`;
  await podman('load', '-i', writeArchive(t));
  await podman('tag', 'localhost/app:1', image);
  await podman('push', '--tls-verify=false', image);
  assert.equal(await assertWhole(world), 1);
  await podman('rmi', '-f', image, 'localhost/app:1');
  await podman('pull', '--tls-verify=false', image);
  const [{ Digest }] = JSON.parse(await podman('image', 'inspect', image));
  assert.equal(Digest, await digestAt(world, '/v2/team/app/manifests/1'));
});

test(
  'docker pushes and pulls, with a password too',
  requires('root', 'command:dockerd', 'command:docker'),
  async (t) => {
    const folder = makeTemporaryFolder(t);
    const socket = join(folder, 'docker.sock');
    writeFileSync(join(folder, 'daemon.json'), '{}');
    const passwordFile = join(folder, 'htpasswd');
    writeFileSync(passwordFile, `ann:${hashSync('secret', 4)}`);
    const daemon = await startServer({
      program: 'dockerd',
      args: [
        ...[
          '--config-file',
          join(folder, 'daemon.json'),
          '--data-root',
          join(folder, 'data'),
          '--storage-driver',
          'vfs',
        ],
        ...['--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', `unix://${socket}`],
        ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
      ],
      folder,
      isReady: () => answersPing(socket),
    });
    try {
      const docker = (...words: readonly string[]) =>
        ask('docker', '--config', join(folder, 'config'), '-H', `unix://${socket}`, ...words);
      await docker('load', '-i', writeArchive(t));
      const open = await openRegistry(t, { idleMs: 60_000 });
      const closed = await openRegistry(t, { folder: join(folder, 'registry'), passwordFile });
      for (const world of [open, closed]) {
        const image = `${hostOf(world)}/team/app:1`;
        await docker('tag', 'app:1', image);
        if (world === closed) {
          await assert.rejects(docker('push', image), /no basic auth credentials/);
          await assert.rejects(
            docker('login', '-u', 'ann', '-p', 'wrong', hostOf(world)),
            /401 Unauthorized|unauthorized/,
          );
          await docker('login', '-u', 'ann', '-p', 'secret', hostOf(world));
        }
        const pushed = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', image))?.[1];
        await docker('rmi', image);
        assert.match(await docker('pull', image), new RegExp(`Digest: ${pushed}`));
        await docker('rmi', image);
      }
      assert.equal(await assertWhole(open), 1);
    } finally {
      await daemon.stop();
      unmountBelow(folder);
    }
  },
);

test(
  'gantry pulls what skopeo pushed, pushes it back and serves it on as it was',
  requires('root', 'overlay', 'command:skopeo'),
  async (t) => {
    const gantry = openGantry();
    t.after(gantry.close);
    const world = await openRegistry(t, { idleMs: 60_000 });
    const name = `${hostOf(world)}/team/app:1`;
    await ask('skopeo', 'copy', '--dest-tls-verify=false', `docker-archive:${writeArchive(t)}`, `docker://${name}`);
    const pulled = await gantry.run(['pull', '-q', name]);
    assert.equal(pulled.code, 0, pulled.stderr);
    const archive = join(gantry.folder, 'loaded.tar');
    writeFileSync(archive, makeDockerArchive([SMALL], ['loaded:2'], makeConfig([SMALL])));
    const loaded = await gantry.run(['load', '-i', archive]);
    assert.equal(loaded.code, 0, loaded.stderr);
    for (const [from, to] of [
      [name, 'back/app:1'],
      ['loaded:2', 'back/loaded:2'],
    ] as const) {
      await gantry.run(['tag', from, `${hostOf(world)}/${to}`]);
      const pushed = await gantry.run(['push', '-q', `${hostOf(world)}/${to}`]);
      assert.deepEqual([pushed.code, pushed.stderr], [0, '']);
    }
    assert.equal(await assertWhole(world), 3);
    const [there, back] = ['/v2/team/app/manifests/1', '/v2/back/app/manifests/1'];
    assert.equal(await digestAt(world, back), await digestAt(world, there));
    await gantry.run(['rmi', `${hostOf(world)}/back/app:1`, `${hostOf(world)}/back/loaded:2`]);

    const served = gantry.start(['registry', 'serve', '--engine-images', '--listen', '127.0.0.1:0']);
    const url = await waitUntil('the registry', () => /listens on (\S+)/.exec(served.printed.stderr)?.[1]);
    t.after(async () => {
      served.kill('SIGTERM');
      await served.result;
    });
    const { sendRequest } = await import('../support/registry.js');
    const engine = { ...world, send: (method: string, path: string) => sendRequest(url, method, { path }) };
    assert.deepEqual((await engine.send('GET', '/v2/_catalog')).json().repositories, ['loaded', 'team/app']);
    assert.equal(await digestAt(engine, '/v2/team/app/manifests/1'), await digestAt(world, '/v2/team/app/manifests/1'));
    assert.equal(await assertWhole(engine), 2);
    const image = `docker://${new URL(url).host}`;
    for (const path of ['loaded:2', 'library/loaded:2', 'team/app:1']) {
      assert.match(await ask('skopeo', 'inspect', '--tls-verify=false', '--raw', `${image}/${path}`), /schemaVersion/);
    }
    const { layers } = (await engine.send('GET', '/v2/loaded/manifests/2')).json();
    const file = join(gantry.folder, 'root/content/blobs/sha256', layers[0].digest.slice('sha256:'.length));
    assert.equal(statSync(file).nlink, 2);
    await gantry.run(['rmi', 'loaded:2']);
    assert.deepEqual((await engine.send('GET', '/v2/_catalog')).json().repositories, ['team/app']);
    assert.deepEqual((await engine.send('GET', '/v2/loaded/tags/list')).json().tags, []);
  },
);
