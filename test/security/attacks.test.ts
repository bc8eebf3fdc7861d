import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerId } from '../../src/model/ids.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { compileProgram } from '../support/compile-program.js';
import { createContainer, startNew } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { IS_FULL } from '../support/fuzz.js';
import { openGantry } from '../support/gantry.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import { executeToEnd, runToEnd } from '../support/run-to-end.js';
import { makeTar, streamOf, type TestEntry } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:busybox');
const needsCompiler = requires('root', 'overlay', 'command:busybox', 'command:cc');

/** How often a race is run: often enough to be lost now and then where it can be lost. */
const ROUNDS = IS_FULL ? 1000 : 8;
/** Where nobody got through: an attack that nothing was attacked by shows nothing. */
const MOST_ROUNDS = 1000;

/** What a start says that is refused; `undefined` where it is not. */
async function refusalOf(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EngineError, `another error than the engine's: ${String(error)}`);
    return error.message;
  }
}

function bind(source: string, target: string, readOnly = false) {
  return { type: 'bind', source, target, readOnly } as const;
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** A folder of the host that a container must not reach: a file in it, and a watch over what is there. */
function makeBait(t: TestContext) {
  const folder = join(makeTemporaryFolder(t), 'outside');
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), 'of the host\n');
  return {
    folder,
    assertUntouched: () => {
      assert.deepEqual(readdirSync(folder), ['secret']);
      assert.equal(readFileSync(join(folder, 'secret'), 'utf8'), 'of the host\n');
    },
  };
}

const APPLETS = ['sh', 'cat', 'echo', 'grep', 'id', 'ls', 'mkfifo', 'ln', 'rm', 'sleep', 'stat', 'touch', 'truncate'];

/** An image of busybox with more in it, `last` what wins where a path is there twice. */
async function importImage(engine: Engine, name: string, last: readonly TestEntry[], changes: readonly string[] = []) {
  const entries: readonly TestEntry[] = [
    { path: 'bin/busybox', content: readFileSync('/usr/bin/busybox'), mode: 0o755 },
    ...APPLETS.map((applet) => ({ kind: 'symlink', path: `bin/${applet}`, target: 'busybox' }) as const),
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n' },
    ...last,
  ];
  const all = ['ENV PATH=/bin', 'CMD ["sh"]', ...changes];
  await engine.images.import(streamOf(makeTar(entries)), { reference: name, changes: all });
}

test(
  'a container meets the program that executes in it, and cannot write to it (CVE-2019-5736)',
  needsCompiler,
  async (t) => {
    const before = sha256(nativeProgram);
    const program = compileProgram('overwrite-runtime', makeTemporaryFolder(t), '-static');
    const engine = await makeEngineWorld(t).open();
    const config = { command: ['/attack', '/bin/busybox'], openStdin: true, mounts: [bind(program, '/attack', true)] };
    const id = await createContainer(engine, config);
    const streams = await engine.containers.attach(id, { stdin: true, stdout: true, stderr: true });
    await engine.containers.start(id);
    const output = streams.output[Symbol.asyncIterator]();
    assert.match(await readChunk(output), /ready/);
    for (let round = 0; round < (IS_FULL ? 300 : 10); round++) {
      assert.equal((await executeToEnd(engine, id, { command: ['true'] })).exitCode, 0);
    }
    await streams.write(Buffer.from('end\n'));
    const answer = await readChunk(output);
    const [, met, written] = /^met (\d+) .* written (\d+)$/m.exec(answer) ?? [];
    assert.ok(Number(met) > 0, `it met nobody: ${answer}`);
    assert.equal(written, '0', answer);
    assert.equal(sha256(nativeProgram), before);
    t.diagnostic(answer.trim());
  },
);

async function readChunk(output: AsyncIterator<{ readonly bytes: Uint8Array }>): Promise<string> {
  const { done, value } = await output.next();
  return done === true ? '' : Buffer.from(value.bytes).toString();
}

test(
  'a container whose program is /proc/self/exe runs nothing of ours, whatever it is told (CVE-2019-5736)',
  needs,
  async (t) => {
    const before = sha256(nativeProgram);
    const engine = await makeEngineWorld(t).open();
    // The first process is ours until it executes: it executes itself, with the container's rights, and has no role there.
    for (const words of [[], ['monitor'], ['runtime'], ['remove', '/'], ['unpack', '/']]) {
      const { exitCode } = await runToEnd(engine, { entrypoint: ['/proc/self/exe'], command: words });
      assert.notEqual(exitCode, 0, words.join(' '));
    }
    assert.equal(sha256(nativeProgram), before);
  },
);

test(
  'a folder that becomes a link again and again leads no mount out of the root (CVE-2021-30465)',
  needsCompiler,
  async (t) => {
    const bait = makeBait(t);
    const swap = compileProgram('swap-names', makeTemporaryFolder(t), '-static');
    const engine = await makeEngineWorld(t).open();
    const own = makeTemporaryFolder(t);
    writeFileSync(join(own, 'mark'), 'own\n');
    const shared = { type: 'volume', source: 'shared', target: '/shared' } as const;
    const script = `mkdir -p /shared/dir && ln -s ${bait.folder} /shared/link && exec /swap /shared/dir /shared/link`;
    await startNew(engine, { command: ['sh', '-c', script], mounts: [shared, bind(swap, '/swap', true)] });
    let reached = 0;
    let round = 0;
    for (; round < ROUNDS || (reached === 0 && round < MOST_ROUNDS); round++) {
      const mounts = [shared, bind(own, '/shared/dir/sub'), bind(join(own, 'mark'), '/shared/dir/file')];
      const command = [
        'sh',
        '-c',
        'cat /shared/*/sub/mark /shared/*/secret /shared/*/file /outside/* 2>/dev/null; grep -c / /proc/self/mountinfo',
      ];
      const run = runToEnd(engine, { command, mounts });
      const refusal = await refusalOf(run);
      if (refusal !== undefined) continue;
      const { stdout } = await run;
      assert.doesNotMatch(stdout, /of the host/);
      reached += 1;
    }
    bait.assertUntouched();
    assert.ok(reached > 0, 'no container ever started');
    t.diagnostic(`${round} starts, ${reached} of them went on`);
  },
);

test('a part of a volume that becomes a link again and again stays in the volume', needsCompiler, async (t) => {
  const bait = makeBait(t);
  const swap = compileProgram('swap-names', makeTemporaryFolder(t), '-static');
  const engine = await makeEngineWorld(t).open();
  const script = `mkdir -p /shared/dir && touch /shared/dir/mark && ln -s ${bait.folder} /shared/link && exec /swap /shared/dir /shared/link`;
  const shared = { type: 'volume', source: 'parts', target: '/shared' } as const;
  await startNew(engine, { command: ['sh', '-c', script], mounts: [shared, bind(swap, '/swap', true)] });
  let reached = 0;
  let round = 0;
  for (; round < ROUNDS || (reached === 0 && round < MOST_ROUNDS); round++) {
    const mounts = [{ type: 'volume', source: 'parts', target: '/part', subpath: 'dir', isMountOption: true } as const];
    const run = runToEnd(engine, { command: ['ls', '/part'], mounts });
    if ((await refusalOf(run)) !== undefined) continue;
    assert.equal((await run).stdout, 'mark\n');
    reached += 1;
  }
  bait.assertUntouched();
  assert.ok(reached > 0, 'no container ever started');
  t.diagnostic(`${round} starts, ${reached} of them went on`);
});

test(
  'a working directory behind a descriptor starts nothing, for containers, images and execs (CVE-2024-21626)',
  needs,
  async (t) => {
    const engine = await makeEngineWorld(t).open();
    const running = await startNew(engine);
    const looks = ['sh', '-c', 'ls -d ../../../../../../proc/self/root/../etc; stat -c %m . 2>&1'];
    const reached: string[] = [];
    for (let descriptor = 3; descriptor <= (IS_FULL ? 40 : 6); descriptor++) {
      for (const path of [`/proc/self/fd/${descriptor}`, `/proc/self/fd/${descriptor}/../../..`]) {
        if ((await refusalOf(runToEnd(engine, { command: looks, workingDir: path }))) === undefined) reached.push(path);
        const exec = executeToEnd(engine, running, { command: looks, workingDir: path });
        if ((await refusalOf(exec)) === undefined) reached.push(`exec ${path}`);
      }
    }
    assert.deepEqual(reached, []);
    await importImage(
      engine,
      'leaky',
      [{ kind: 'symlink', path: 'work', target: '/proc/self/fd/7' }],
      ['WORKDIR /work'],
    );
    assert.match(String(await refusalOf(runToEnd(engine, { image: 'leaky', command: ['true'] }))), /work/);
  },
);

test('a folder of the user’s own over /dev does not take the masks away (CVE-2025-31133)', needs, async (t) => {
  const bait = makeBait(t);
  const engine = await makeEngineWorld(t).open();
  const dev = makeTemporaryFolder(t);
  symlinkSync(join(bait.folder, 'secret'), join(dev, 'null'));
  const command = ['sh', '-c', 'cat /proc/keys /proc/timer_list /proc/interrupts; echo evil > /proc/keys; true'];
  const run = runToEnd(engine, { command, mounts: [bind(dev, '/dev')] });
  const refusal = await refusalOf(run);
  if (refusal === undefined) assert.equal((await run).stdout, '');
  bait.assertUntouched();
  assert.deepEqual(readdirSync(dev), ['null']);
  // Nor are the container's nodes made in a folder that an image has led there.
  const folder = makeTemporaryFolder(t);
  await importImage(engine, 'leading', [{ kind: 'symlink', path: 'data', target: 'dev' }]);
  const led = runToEnd(engine, { image: 'leading', command: ['ls'], mounts: [bind(folder, '/data')] });
  assert.match(String(await refusalOf(led)), /or onto \/dev/);
  assert.deepEqual(readdirSync(folder), []);
  const below = { image: 'leading', command: ['ls', '/dev/shm'], mounts: [bind(dev, '/data/shm')] };
  assert.equal((await runToEnd(engine, below)).stdout, 'null\n');
});

test(
  'a folder of the user’s own over /dev/pts gives no terminal, and the image’s own is not used (CVE-2025-52565)',
  needs,
  async (t) => {
    const bait = makeBait(t);
    const engine = await makeEngineWorld(t).open();
    const pts = makeTemporaryFolder(t);
    symlinkSync(join(bait.folder, 'secret'), join(pts, 'ptmx'));
    symlinkSync(join(bait.folder, 'secret'), join(pts, '0'));
    const refusal = await refusalOf(
      runToEnd(engine, { command: ['true'], tty: true, mounts: [bind(pts, '/dev/pts')] }),
    );
    assert.match(String(refusal), /pts/);
    const entries = [
      { kind: 'symlink', path: 'dev/pts', target: bait.folder },
      { kind: 'symlink', path: 'dev/console', target: join(bait.folder, 'secret') },
      { kind: 'symlink', path: 'dev/ptmx', target: join(bait.folder, 'secret') },
    ] as const;
    await importImage(engine, 'terminals', entries);
    const { exitCode } = await runToEnd(engine, {
      image: 'terminals',
      command: ['sh', '-c', 'test -c /dev/console'],
      tty: true,
    });
    assert.equal(exitCode, 0);
    bait.assertUntouched();
  },
);

test(
  'a volume over /proc or what is below it gets nothing that is meant for the kernel (CVE-2025-52881, CVE-2019-16884)',
  needs,
  async (t) => {
    const engine = await makeEngineWorld(t).open();
    const folder = makeTemporaryFolder(t);
    for (const path of ['sys/net/ipv4', 'sys/kernel', 'self/attr', 'self/task/1/attr', '1', 'kernel']) {
      mkdirSync(join(folder, path), { recursive: true });
    }
    const files = ['sys/net/ipv4/ip_forward', 'sys/kernel/domainname', 'self/attr/exec', 'self/oom_score_adj', 'keys'];
    for (const path of files) writeFileSync(join(folder, path), 'untouched');
    const sysctls = { 'net.ipv4.ip_forward': '1', 'kernel.domainname': 'evil' };
    await importImage(engine, 'leading', [{ kind: 'symlink', path: 'data', target: 'proc' }]);
    for (const [source, target, image] of [
      [folder, '/proc', 'busybox'],
      [join(folder, 'sys'), '/proc/sys', 'busybox'],
      [join(folder, 'self'), '/proc/self', 'busybox'],
      [join(folder, 'kernel'), '/proc/../proc/sys/kernel', 'busybox'],
      [folder, '/data', 'leading'],
      [join(folder, 'sys'), '/data/sys', 'leading'],
    ] as const) {
      const config = {
        image,
        command: ['cat', '/proc/1/comm'],
        sysctls,
        oomScoreAdj: 100,
        mounts: [bind(source, target)],
      };
      assert.match(String(await refusalOf(runToEnd(engine, config))), /inside \/proc|leads into \/proc or/, target);
      for (const path of files) {
        assert.equal(readFileSync(join(folder, path), 'utf8'), 'untouched', `${target}: ${path}`);
      }
    }
    // The host's own /proc in a container is what its user asked for, and so is what they put there.
    const words = {
      command: ['cat', '/host/uptime'],
      mounts: [bind('/proc', '/host'), bind(join(folder, 'keys'), '/host/uptime')],
    };
    assert.equal((await runToEnd(engine, words)).stdout, 'untouched');
  },
);

test(
  'files of names and folders of volumes are made in the root, wherever links of the image lead',
  needs,
  async (t) => {
    const bait = makeBait(t);
    const engine = await makeEngineWorld(t).open();
    const away = bait.folder;
    const entries = [
      { kind: 'symlink', path: 'etc/hosts', target: join(away, 'secret') },
      { kind: 'symlink', path: 'etc/hostname', target: join('/../../../..', away, 'hostname') },
      { kind: 'symlink', path: 'etc/resolv.conf', target: join(away, 'resolv.conf') },
      { kind: 'symlink', path: 'data', target: away },
      { kind: 'symlink', path: 'up', target: '../../../../../..' },
      { kind: 'symlink', path: 'loop', target: 'loop' },
    ] as const;
    await importImage(engine, 'links', entries, ['VOLUME /data', `VOLUME /up${away}/below`]);
    const command = ['sh', '-c', 'cat /data/secret; cat /etc/hosts; ls /up /data; touch /data/made'];
    const run = runToEnd(engine, { image: 'links', command, workingDir: '/data/deep' });
    const refusal = await refusalOf(run);
    if (refusal === undefined) assert.doesNotMatch((await run).stdout, /of the host/);
    const config = { image: 'links', mounts: [bind(makeTemporaryFolder(t), '/loop/x')] };
    assert.match(String(await refusalOf(runToEnd(engine, config))), /loop/);
    bait.assertUntouched();
  },
);

test(
  'users and groups are read from a hostile container in no time, and never from the host (CVE-2022-36109)',
  needs,
  async (t) => {
    const engine = await makeEngineWorld(t).open();
    const idOf = (config: Partial<ContainerConfig>) => runToEnd(engine, { command: ['id'], ...config });
    for (const [user, printed] of [
      ['', 'uid=0(root) gid=0(root) groups=0(root)'],
      ['0:', 'uid=0(root) gid=0(root) groups=0(root)'],
      ['1000:', 'uid=1000(guest) gid=1000(guest) groups=29(audio),1000(guest)'],
      ['guest:audio', 'uid=1000(guest) gid=29(audio) groups=29(audio)'],
      ['4711:4712', 'uid=4711 gid=4712 groups=4712'],
    ] as const) {
      assert.equal((await idOf({ user })).stdout.trim(), printed, user);
    }
    for (const user of [
      '0x0',
      ' 0',
      '+0',
      '-1',
      '00x',
      '0:0x0',
      '4294967296',
      '2147483648',
      'root\n',
      'guest:-1',
      '\0',
    ]) {
      assert.notEqual(await refusalOf(idOf({ user })), undefined, JSON.stringify(user));
    }
    const id = await startNew(engine);
    const asGuest = (container: ContainerId) =>
      executeToEnd(engine, container, { command: ['id', '-u'], user: 'guest' });
    assert.equal((await asGuest(id)).stdout, '1000\n');
    for (const attack of [
      'ln -s /../../../../etc/passwd passwd',
      'ln -s /proc/1/root/etc/passwd passwd',
      'ln -s passwd passwd',
      'mkfifo passwd',
      'mknod passwd c 1 5',
      'truncate -s 4G passwd',
      'mkdir passwd',
    ]) {
      const command = ['sh', '-c', `cd /etc; busybox rm -rf passwd; busybox ${attack}`];
      assert.equal((await executeToEnd(engine, id, { command })).exitCode, 0, attack);
      // Whatever users the host has: `guest` is none of them.
      assert.match(String(await refusalOf(asGuest(id))), /unable to find user guest/, attack);
    }
    await importImage(engine, 'elsewhere', [{ kind: 'symlink', path: 'etc', target: '/proc/self/root/../../etc' }]);
    const elsewhere = runToEnd(engine, { image: 'elsewhere', command: ['id'], user: 'guest' });
    assert.match(String(await refusalOf(elsewhere)), /unable to find user guest/);
  },
);

test(
  'nothing of the image runs when files are copied, listed or exported (CVE-2019-14271)',
  needsCompiler,
  async (t) => {
    const folder = makeTemporaryFolder(t);
    const engine = await makeEngineWorld(t).open();
    const library = join(folder, 'libnss_files.so.2');
    const source = join(folder, 'evil.c');
    const mark = join(folder, 'mark');
    writeFileSync(
      source,
      `#include <fcntl.h>\n__attribute__((constructor)) static void run(void) { open("/mark", O_CREAT, 0600); open("${mark}", O_CREAT, 0600); }\n`,
    );
    assert.equal(spawnSync('cc', ['-shared', '-fPIC', '-o', library, source]).status, 0);
    const content = readFileSync(library);
    const places = ['lib', 'lib64', 'usr/lib', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];
    const names = ['libnss_files.so.2', 'libc.so.6', 'libnss_compat.so.2', 'libseccomp.so.2'];
    await importImage(engine, 'nss', [
      { path: 'etc/nsswitch.conf', content: 'passwd: files evil\ngroup: files evil\n' },
      { path: 'etc/ld.so.preload', content: '/lib/libnss_files.so.2\n' },
      ...places.flatMap((place) => names.map((name) => ({ path: `${place}/${name}`, content, mode: 0o755 }))),
    ]);
    const id = await startNew(engine, { image: 'nss', command: ['sleep', '1000'] });
    await drain(await engine.containers.readArchive(id, '/etc'));
    await engine.containers.writeArchive(id, '/', streamOf(makeTar([{ path: 'new', content: 'x', uid: 1000 }])));
    await drain(await engine.containers.export(id));
    await engine.containers.top(id);
    const changes = await engine.containers.changes(id);
    assert.deepEqual(
      changes.map(({ path }) => path).filter((path) => path.includes('mark')),
      [],
    );
    assert.equal(existsSync(mark), false);
    // A program of the container that is linked with it would have run it.
    assert.equal(spawnSync('env', [`LD_PRELOAD=${library}`, 'true']).status, 0);
    assert.ok(existsSync(mark));
  },
);

test('all of a running container is copied, and of what its kernel makes up the folders alone', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const id = await startNew(engine);
  const paths: string[] = [];
  const reader = new TarReader({ entry: ({ path }) => void paths.push(path), content: () => undefined });
  for await (const bytes of await engine.containers.readArchive(id, '/')) reader.push(bytes);
  reader.finish();
  assert.ok(paths.includes('bin/busybox') && paths.includes('etc/hosts'), paths.join(' '));
  const kernel = paths.filter((path) => /^(proc|sys|dev\/pts)(\/|$)/.test(path));
  assert.deepEqual(kernel.sort(), ['dev/pts', 'proc', 'sys']);
});

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of stream) assert.ok(bytes.length > 0);
}

test(
  'another user of the host sees and runs nothing of images and containers (CVE-2021-41091)',
  requires('root', 'overlay', 'command:busybox', 'command:setpriv'),
  async (t) => {
    const world = makeEngineWorld(t);
    const engine = await world.open();
    await startNew(engine, { command: ['sh', '-c', 'cp bin/busybox tool; chmod 4755 tool; echo done; sleep 1000'] });
    const { root, runRoot } = world.options;
    assert.equal((statSync(root).mode & 0o777).toString(8), '710');
    assert.equal((statSync(runRoot).mode & 0o777).toString(8), '700');
    // The way to the root itself is open to all.
    chmodSync(world.folder, 0o711);
    const asNobody = (...words: readonly string[]) =>
      spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...words], { encoding: 'utf8' });
    assert.equal(asNobody('id', '-u').stdout, '65534\n');
    for (const path of [`${root}/.`, `${runRoot}/.`, ...listBelow(root), ...listBelow(runRoot)]) {
      assert.notEqual(asNobody('test', '-e', path).status, 0, path);
    }
  },
);

test(
  'with the host’s network a container finds no socket of the engine by name, and none by path (CVE-2020-15257)',
  requires('root', 'overlay', 'command:busybox', 'command:unshare'),
  async (t) => {
    // In a network of its own: what sockets there are are those of its one container.
    const gantry = openGantry(['unshare', '--net']);
    t.after(gantry.close);
    const script = 'cat /proc/net/unix; ls -d /run/gantry /var/lib/gantry "$0" 2>/dev/null; echo end';
    const words = ['run', '--rm', '-i', '--network', 'host', '--health-cmd', 'true', 'busybox', 'sh', '-c', script];
    const lines = (await gantry.print(...words, gantry.folder)).split('\n');
    assert.match(lines[0] ?? '', /^Num +RefCount/);
    assert.equal(lines.at(-1), 'end');
    // Sockets that have a name: it is the last of eight fields, and begins with @ where it is abstract.
    const names = lines.slice(1, -1).map((line) => line.trim().split(/\s+/)[7]);
    assert.ok(
      names.some((name) => name?.startsWith(gantry.folder)),
      lines.join('\n'),
    );
    assert.deepEqual(
      names.filter((name) => name?.startsWith('@')),
      [],
    );
  },
);

function listBelow(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}
