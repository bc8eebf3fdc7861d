import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Gantry } from '../support/gantry.js';
import { openGantryHere } from '../support/gantry-here.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');
/** Mounts that are attached nowhere can be copied from the kernel on that mounts layers. */
const NEEDS_DETACHED = requires('root', 'overlay', 'command:busybox', 'erofs');

let gantry: Gantry;

before(async () => {
  gantry = openGantryHere();
  await gantry.run(['embedded', 'busybox']);
});

after(() => gantry.close());

const print = (...words: readonly string[]) => gantry.print(...words);

/** What a script prints in a container of its own. */
const inside = (flags: readonly string[], script: string): Promise<string> =>
  print('run', '--rm', ...flags, 'busybox', 'sh', '-c', script);

const TMPFS = ['-o', 'type=tmpfs', '-o', 'device=tmpfs', '-o', 'o=size=1m,uid=1000,mode=750'];

/** Who says to have a volume, as pids. */
function listHolders(name: string): readonly number[] {
  return readdirSync(join(gantry.folder, 'run/volumes', name)).map((link) => Number.parseInt(link, 10));
}

async function waitForEnd(pids: readonly number[]): Promise<void> {
  await waitUntil('the end of the monitors', () => !pids.some((pid) => existsSync(`/proc/${pid}`)));
}

test('a tmpfs volume is one file system for all who have it, and ends with the last', NEEDS_DETACHED, async () => {
  await print('volume', 'create', ...TMPFS, 'memory');
  const [volume] = JSON.parse(await print('volume', 'inspect', 'memory'));
  assert.deepEqual(volume.Options, { device: 'tmpfs', o: 'size=1m,uid=1000,mode=750', type: 'tmpfs' });
  await print('run', '-d', '--name', 'first', '-v', 'memory:/m', 'busybox', 'sleep', '1000');
  await print('run', '-d', '--name', 'second', '-v', 'memory:/other:ro', 'busybox', 'sleep', '1000');
  assert.equal(
    await print('exec', 'first', 'sh', '-c', "echo it >/m/file; stat -c '%u %a' /m; df -k /m | awk 'END {print $2}'"),
    '1000 750\n1024',
  );
  assert.equal(await print('exec', 'second', 'cat', '/other/file'), 'it');
  assert.equal((await gantry.run(['exec', 'second', 'touch', '/other/x'])).code, 1);
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(gantry.folder), 'seen on the host');
  // Whoever made it goes first; a third one comes then.
  const holders = listHolders('memory');
  await print('rm', '-f', 'first');
  assert.equal(await inside(['-v', 'memory:/m'], 'cat /m/file; echo more >/m/file'), 'it');
  assert.equal(await print('exec', 'second', 'cat', '/other/file'), 'more');
  assert.equal(await print('cp', 'second:/other/file', '-').then((tar) => tar.includes('more')), true);
  await print('rm', '-f', 'second');
  await waitForEnd([...holders, ...listHolders('memory')]);
  assert.equal(await inside(['-v', 'memory:/m'], 'ls /m'), '');
  await print('volume', 'rm', 'memory');
  assert.equal(existsSync(join(gantry.folder, 'run/volumes/memory')), false);
});

test(
  'a tmpfs volume outlives a restart, and a monitor that is killed leaves nothing of it',
  NEEDS_DETACHED,
  async () => {
    await print('volume', 'create', ...TMPFS, 'kept');
    const script = 'test -e /m/seen && exec sleep 1000; touch /m/seen; exit 1';
    const flags = ['--name', 'again', '--restart', 'on-failure', '-v', 'kept:/m'];
    await print('run', '-d', ...flags, 'busybox', 'sh', '-c', script);
    await waitUntil('the restart', async () => (await print('inspect', '-f', '{{.RestartCount}}', 'again')) === '1');
    await print('exec', 'again', 'touch', '/m/of-this-monitor');
    const [monitor = 0] = listHolders('kept');
    process.kill(monitor, 'SIGKILL');
    await waitForEnd([monitor]);
    assert.equal(await inside(['-v', 'kept:/m'], 'test -e /m/of-this-monitor || echo gone'), 'gone');
    assert.equal(listHolders('kept').includes(monitor), false, 'the link of the dead is still there');
    await print('rm', '-f', 'again');
  },
);

test('two containers that start at once have one tmpfs volume', NEEDS_DETACHED, async () => {
  await print('volume', 'create', ...TMPFS, 'race');
  const names = ['one', 'two', 'three', 'four'];
  await Promise.all(
    names.map((name) => print('run', '-d', '--name', name, '-v', 'race:/m', 'busybox', 'sleep', '1000')),
  );
  for (const name of names) await print('exec', name, 'touch', `/m/${name}`);
  assert.equal(await print('exec', 'one', 'ls', '/m'), 'four\none\nthree\ntwo');
  await print('rm', '-f', ...names);
});

test('a volume can be a folder of the host, of which o=ro is read-only', NEEDS, async () => {
  const folder = join(gantry.folder, 'data');
  mkdirSync(folder);
  const bind = (o: string) => ['-o', 'type=none', '-o', `device=${folder}`, '-o', `o=${o}`];
  await print('volume', 'create', ...bind('bind'), 'bound');
  await print('volume', 'create', ...bind('bind,ro'), 'sealed');
  assert.equal(await inside(['-v', 'bound:/b'], 'echo x >/b/file; ls /b'), 'file');
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'x\n');
  assert.equal(await inside(['-v', 'sealed:/b'], 'cat /b/file; touch /b/y 2>/dev/null || echo no'), 'x\nno');
  await print('volume', 'rm', 'bound', 'sealed');
  assert.equal(existsSync(join(folder, 'file')), true);
});

const FAILURES: readonly (readonly [options: readonly string[], reason: string])[] = [
  [['type=none', 'device=/nonexist', 'o=bind'], 'mount /nonexist:MOUNTPOINT, flags: 0x1000: no such file or directory'],
  [['type=nosuch', 'device=x'], 'mount x:MOUNTPOINT: no such device'],
  [['type=tmpfs', 'device=tmpfs', 'o=nosuchopt=1'], 'mount tmpfs:MOUNTPOINT, data: nosuchopt=1: invalid argument'],
];

test(
  'a volume that cannot be mounted is told in Docker’s words, and the container has not started',
  NEEDS,
  async () => {
    for (const [options, reason] of FAILURES) {
      const name = await print('volume', 'create', ...options.flatMap((option) => ['-o', option]));
      const mountpoint = await print('volume', 'inspect', '-f', '{{.Mountpoint}}', name);
      const { code, stderr } = await gantry.run(['run', '--rm', '-v', `${name}:/x`, 'busybox', 'true']);
      const about = `error while mounting volume '${mountpoint}': failed to mount local volume`;
      assert.equal(stderr.split('\n')[0], `gantry: ${about}: ${reason.replace('MOUNTPOINT', mountpoint)}`);
      assert.equal(code, 125);
      await print('volume', 'rm', name);
    }
  },
);

test('--mount makes a volume with its labels and options', NEEDS_DETACHED, async () => {
  const options = '"volume-opt=o=size=1m,uid=3",volume-opt=type=tmpfs,volume-opt=device=tmpfs';
  const mount = `source=made,target=/m,${options},volume-label=k=v,volume-label=w`;
  assert.equal(await inside(['--mount', mount], 'stat -c %u /m'), '3');
  const [volume] = JSON.parse(await print('volume', 'inspect', 'made'));
  assert.deepEqual(volume.Labels, { k: 'v', w: '' });
  assert.deepEqual(volume.Options, { device: 'tmpfs', o: 'size=1m,uid=3', type: 'tmpfs' });
});

test('volume-subpath shows a part of a volume, out of which no link leads', NEEDS, async () => {
  await inside(['-v', 'parts:/v'], 'mkdir -p /v/a/b; echo b >/v/a/b/file; echo top >/v/file; ln -s a/b /v/in');
  const data = await print('volume', 'inspect', '-f', '{{.Mountpoint}}', 'parts');
  const outside = join(gantry.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'no');
  symlinkSync(outside, join(data, 'absolute'));
  symlinkSync(`../../../../${outside}`, join(data, 'climbing'));
  const part = (path: string) => ['--mount', `source=parts,target=/p,volume-subpath=${path}`];
  assert.equal(await inside(part('a/b'), 'ls /p'), 'file');
  assert.equal(await inside(part('in'), 'cat /p/file'), 'b');
  assert.equal(await inside(part('file'), 'cat /p'), 'top');
  for (const path of ['absolute', 'climbing', 'nosuch', 'file/x']) {
    const { code, stderr } = await gantry.run(['run', '--rm', ...part(path), 'busybox', 'ls', '/p']);
    assert.equal(code, 125, path);
    assert.match(stderr, new RegExp(`^gantry: cannot access path ${path}: `));
  }
  await print('create', '--name', 'stopped', '--mount', 'source=parts,target=/etc,volume-subpath=a', 'busybox', 'true');
  assert.match(await print('cp', 'stopped:/etc/b/file', '-'), /b\n/);
  await print('rm', 'stopped');
});

test('bind-recursive decides how deep a read-only bind is so', NEEDS, async () => {
  await print('volume', 'create', 'deep');
  const look = "grep -E ' /r' /proc/self/mountinfo | cut -d' ' -f5,6 | cut -d, -f1 | sort";
  // /dev has mounts below it on every host.
  const bind = (how: string) => ['--mount', `type=bind,source=/dev,target=/r,readonly${how}`];
  const all = (await inside(bind(''), look)).split('\n');
  assert.ok(all.length > 1 && all.every((line) => line.endsWith(' ro')), all.join('|'));
  const top = (await inside(bind(',bind-recursive=writable'), look)).split('\n');
  assert.deepEqual([top[0], top.slice(1).some((line) => line.endsWith(' rw'))], ['/r ro', true]);
  assert.equal(await inside(bind(',bind-recursive=disabled'), look), '/r ro');
});

test(
  'an empty volume begins as the image is there, owner and mode too, and nobody loses the folder',
  NEEDS,
  async () => {
    const script =
      'mkdir /data /bare; echo x >/data/f; chown 12:34 /data /bare /data/f; chmod 750 /data /bare; ln -s /data /linked';
    await print('run', '--name', 'maker', 'busybox', 'sh', '-c', script);
    await print('commit', 'maker', 'filled');
    const look = async (flags: readonly string[], path: string) =>
      await print('run', '--rm', ...flags, 'filled', 'sh', '-c', `stat -c '%u:%g %a' ${path}; ls ${path}`);
    assert.equal(await look(['-v', 'up:/data'], '/data'), '12:34 750\nf');
    assert.equal(await look(['-v', 'none:/bare'], '/bare'), '12:34 750');
    assert.equal(await look(['-v', 'plain:/data:nocopy'], '/data'), '0:0 755');
    assert.equal(await look(['-v', 'through:/linked'], '/linked/'), '12:34 750\nf');
    // The volume is before a container that runs when another one fills it.
    await print('run', '-d', '--name', 'watcher', '-v', 'live:/m', 'busybox', 'sleep', '1000');
    assert.equal(await look(['-v', 'live:/data'], '/data'), '12:34 750\nf');
    assert.equal(await print('exec', 'watcher', 'cat', '/m/f'), 'x');
    // What another container has made of its volumes is not for this image to fill.
    await print('create', '--name', 'giver', '-v', 'given:/data:nocopy', 'filled', 'true');
    assert.equal(await look(['--volumes-from', 'giver'], '/data'), '0:0 755');
  },
);
