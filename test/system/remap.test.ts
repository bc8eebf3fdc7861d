import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';

const NEEDS = requires('root', 'overlay', 'command:busybox', 'command:tar');
const FIRST = 300_000;
const REMAP = ['--userns-remap', `${FIRST}:65536`];

let gantry: Gantry;

before(async () => {
  gantry = openGantry();
  await gantry.run(['embedded', 'busybox']);
});

after(() => gantry.close());

const print = (...words: readonly string[]) => gantry.print(...words);

const refusal = (...words: readonly string[]) => gantry.refusal(...words);

const uidMap = ['sh', '-c', 'set -- $(cat /proc/self/uid_map); echo $1 $2 $3'];

test('a container that is remapped stays so, whatever the engine is told later', NEEDS, async () => {
  await print(...REMAP, 'run', '-d', '--name', 'kept', 'busybox', 'sleep', '1000');
  const pid = await print('inspect', '-f', '{{.State.Pid}}', 'kept');
  assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^Uid:\\s+${FIRST}\\s`, 'm'));
  await print('restart', '-t', '0', 'kept');
  assert.equal(await print('exec', 'kept', ...uidMap), `0 ${FIRST} 65536`);
  await print('rm', '-f', 'kept');
  await print('create', '--name', 'plain', 'busybox', 'sh', '-c', uidMap[2] ?? '');
  assert.equal(await print(...REMAP, 'start', '-a', 'plain'), '0 0 4294967295');
  await print('rm', 'plain');
  assert.equal(await print(...REMAP, 'run', '--rm', '--userns', 'host', 'busybox', ...uidMap), '0 0 4294967295');
});

test('owners are those of the container in volumes, cp, export and commit, running or not', NEEDS, async () => {
  const script = `
    for place in /data /own; do mkdir -p $place; echo $place > $place/file; chown 1000:1001 $place/file; done
    sleep 1000`;
  await print(...REMAP, 'run', '-d', '--name', 'owner', '-v', 'remapped:/data', 'busybox', 'sh', '-c', script);
  const list = ['sh', '-c', 'stat -c "%u:%g %n" /data/file /own/file'];
  assert.equal(await print('exec', 'owner', ...list), '1000:1001 /data/file\n1000:1001 /own/file');
  const mountpoint = await print('volume', 'inspect', '-f', '{{.Mountpoint}}', 'remapped');
  const { uid, gid } = statSync(join(mountpoint, 'file'));
  assert.deepEqual([uid, gid], [1000, 1001]);

  const source = join(gantry.folder, 'source');
  writeFileSync(source, 'of the host\n', { mode: 0o640 });
  await print('cp', source, 'owner:/own/copied');
  assert.equal(await print('exec', 'owner', 'stat', '-c', '%u:%g %a', '/own/copied'), '0:0 640');
  const target = join(gantry.folder, 'out');
  mkdirSync(target);
  await print('cp', '-a', 'owner:/own/file', target);
  assert.equal(statSync(join(target, 'file')).uid, 1000);

  const ownersOf = async (): Promise<readonly string[]> => {
    await print('export', '-o', join(gantry.folder, 'tar'), 'owner');
    const stdout = execFileSync('tar', ['-tvf', join(gantry.folder, 'tar'), '--numeric-owner'], { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => / \.?\/?own\//.test(line));
    return lines.map((line) => line.split(/\s+/)[1] ?? '').sort();
  };
  assert.deepEqual(await ownersOf(), ['0/0', '0/0', '1000/1001']);
  await print('commit', 'owner', 'committed');
  assert.equal(await print('run', '--rm', 'committed', 'stat', '-c', '%u:%g', '/own/file'), '1000:1001');
  assert.equal(await print(...REMAP, 'run', '--rm', 'committed', 'stat', '-c', '%u:%g', '/own/file'), '1000:1001');
  await print('stop', '-t', '0', 'owner');
  assert.deepEqual(await ownersOf(), ['0/0', '0/0', '1000/1001']);
  await print('rm', 'owner');
});

test('the host’s files are nobody’s in a remapped container, and it cannot write to them', NEEDS, async () => {
  const folder = join(gantry.folder, 'bound');
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), 'secret', { mode: 0o600 });
  const script = 'stat -c %u /bound/secret; cat /bound/secret 2>&1; touch /bound/new 2>&1; true';
  const lines = await print(...REMAP, 'run', '--rm', '-v', `${folder}:/bound`, 'busybox', 'sh', '-c', script);
  assert.deepEqual(lines.split('\n'), [
    '65534',
    "cat: can't open '/bound/secret': Permission denied",
    'touch: /bound/new: Permission denied',
  ]);
});

test('what cannot be remapped is refused, and never runs without it', NEEDS, async () => {
  const run = (...words: readonly string[]) => refusal(...REMAP, 'run', '--rm', ...words, 'busybox', 'true');
  assert.match(await run('--privileged'), /^125 gantry: privileged mode is incompatible with user namespaces\./);
  for (const kind of ['network', 'pid', 'ipc']) {
    assert.match(
      await run(`--${kind}`, 'host'),
      /^125 gantry: cannot share the host.* when user namespaces are enabled$/,
    );
  }
  assert.match(await run('--userns', 'other'), /^125 gantry: --userns: invalid USER mode$/);
  await print('run', '-d', '--name', 'donor', 'busybox', 'sleep', '1000');
  assert.match(
    await run('--network', 'container:donor'),
    /^125 gantry: cannot join the network namespace of container donor: it is not remapped/,
  );
  await print('rm', '-f', 'donor');
  assert.match(
    await refusal('--userns-remap', 'nosuchuser', 'run', '--rm', 'busybox', 'true'),
    /^125 gantry: no subordinate ids for "nosuchuser" in \/etc\/subuid/,
  );
  assert.match(await refusal('--userns-remap', '5:x', 'ps'), /^1 gantry: invalid id range "5:x"/);
});
