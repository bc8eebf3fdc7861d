import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

const ALLOWED =
  'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path';
const LONG = 'a'.repeat(256);

type Row = readonly [words: string, line: string, code: number];

/** Commands and what Docker answers, `Error response from daemon: ` and `docker: ` aside. */
const VOLUME_ROWS: readonly Row[] = [
  ['create a', 'create a: volume name is too short, names should be at least two alphanumeric characters', 1],
  ['create a/b', `create a/b: "a/b" includes invalid characters for a local volume name, ${ALLOWED}`, 1],
  ['create .hidden', `create .hidden: ".hidden" includes invalid characters for a local volume name, ${ALLOWED}`, 1],
  [`create ${LONG}`, `create ${LONG}: error while creating volume root path: file name too long`, 1],
  ['create -d nope xx', 'create xx: error looking up volume plugin nope: plugin "nope" not found', 1],
  ['create -o foo=bar xx', 'create xx: invalid option: "foo"', 1],
  ['create -o type=tmpfs xx', 'create xx: missing required option: "device"', 1],
  ['create -o device=tmpfs xx', 'create xx: missing required option: "type"', 1],
  ['create -o o=size=10m xx', 'create xx: missing required option: "device"', 1],
  ['create -o size=10m xx', 'create xx: quota size requested but no quota support', 1],
  ['create -o size=abc xx', "create xx: invalid size: 'abc'", 1],
  ['rm nosuch', 'get nosuch: no such volume', 1],
  ['inspect nosuch', 'get nosuch: no such volume', 1],
  ['update nosuch', 'get nosuch: no such volume', 1],
  ['update used', 'can only update cluster volumes', 1],
  ['ls -f foo=bar', "invalid filter 'foo'", 1],
  ['prune -f --filter until=1h', 'the "until" filter is not supported for volumes', 1],
];

const RUN_ROWS: readonly Row[] = [
  ['-v :/a', 'invalid spec: :/a: empty section between colons', 125],
  ['-v aa:', 'invalid spec: aa:: empty section between colons', 125],
  ['-v aa:/b:c:d', "invalid volume specification: 'aa:/b:c:d'", 1],
  ['-v /b:ro', "invalid volume specification: '/b:ro'", 1],
  ['-v aa:/b:foo', 'invalid mode: foo', 1],
  ['-v aa:/b:ro,rw', 'invalid mode: ro,rw', 1],
  ['-v aa:/b:z,Z', 'invalid mode: z,Z', 1],
  ['-v aa:/b:nocopy,nocopy', 'invalid mode: nocopy,nocopy', 1],
  [
    '-v aa:/b:shared',
    'invalid volume specification: \'aa:/b:shared\': invalid mount config for type "volume": field BindOptions must not be specified',
    1,
  ],
  [
    '-v /tmp:/b:nocopy',
    'invalid volume specification: \'/tmp:/b:nocopy\': invalid mount config for type "bind": field VolumeOptions must not be specified',
    1,
  ],
  [
    '-v aa:/',
    "invalid volume specification: 'aa:/': invalid mount config for type \"volume\": invalid specification: destination can't be '/'",
    1,
  ],
  ['-v a/b:/c', `create a/b: "a/b" includes invalid characters for a local volume name, ${ALLOWED}`, 1],
  ['-v aa:/b -v cc:/b/', 'Duplicate mount point: /b', 1],
  ['-v aa:/b --tmpfs /b', 'Duplicate mount point: /b', 1],
  ['--volume-driver nope -v vd:/x', 'create vd: error looking up volume plugin nope: plugin "nope" not found', 1],
  ['--volumes-from nosuch', 'No such container: nosuch', 1],
  ['--volumes-from user:foo', 'invalid mode: foo', 1],
  ['--volumes-from user:nocopy', 'invalid mode: nocopy', 1],
  ['--volumes-from :ro', 'invalid name or ID supplied: ""', 1],
  ['--tmpfs b', "invalid mount path: 'b' mount path must be absolute", 1],
  ['--tmpfs /', "invalid specification: destination can't be '/'", 1],
];

const mix = (owner: string, type: string) => `cannot mix '${owner}-*' options with mount type '${type}'`;
const config = (type: string, reason: string) => `invalid mount config for type "${type}": ${reason}`;
const needs = (word: string, other: string) =>
  `option 'bind-recursive=${word}' requires '${other}' to be specified in conjunction`;

/** Of `--mount`: what its reader refuses is told with the flag (125), the rest comes from the engine (1). */
const MOUNT_ROWS: readonly Row[] = [
  ['type', "invalid field 'type' must be a key=value pair", 125],
  ['type=', 'type is required', 125],
  ['type=bind', 'target is required', 125],
  ['target=', 'target is required', 125],
  ['target=/c,foo=bar', "unexpected key 'foo' in 'foo=bar'", 125],
  ['target=/c,bind-create-src=1', "unexpected key 'bind-create-src' in 'bind-create-src=1'", 125],
  ['target=/c, readonly', "invalid field ' readonly' must be a key=value pair", 125],
  ['target=/c,readonly=maybe', 'invalid value for readonly: maybe', 125],
  ['target=/c,volume-nocopy=x', 'invalid value for volume-nocopy: x', 125],
  ['type=tmpfs,target=/c,tmpfs-size=abc', 'invalid value for tmpfs-size: abc', 125],
  ['type=tmpfs,target=/c,tmpfs-mode=999', 'invalid value for tmpfs-mode: 999', 125],
  ['type=bind,source=/tmp,target=/c,volume-nocopy', mix('volume', 'bind'), 125],
  ['source=aa,target=/c,bind-propagation=shared', mix('bind', 'volume'), 125],
  ['source=aa,target=/c,tmpfs-size=1m', mix('tmpfs', 'volume'), 125],
  ['type=bind,source=/tmp,target=/c,bind-recursive=writable', needs('writable', 'readonly'), 125],
  ['type=bind,source=/tmp,target=/c,bind-recursive=readonly', needs('readonly', 'readonly'), 125],
  [
    'type=bind,source=/tmp,target=/c,bind-recursive=readonly,readonly',
    needs('readonly', 'bind-propagation=rprivate'),
    125,
  ],
  [
    'type=bind,source=/tmp,target=/c,bind-recursive=foo',
    'invalid value for bind-recursive: foo (must be "enabled", "disabled", "writable", or "readonly")',
    125,
  ],
  ['type=volume,"source=aa', 'parse error on line 1, column 23: extraneous or missing " in quoted-field', 125],
  ['type=foo,target=/a', config('foo', 'mount type unknown'), 1],
  ['target=a', config('volume', "invalid mount path: 'a' mount path must be absolute"), 1],
  ['target=/', config('volume', "invalid specification: destination can't be '/'"), 1],
  ['type=bind,target=/c', config('bind', 'field Source must not be empty'), 1],
  ['type=bind,source=x,target=/c', config('bind', "invalid mount path: 'x' mount path must be absolute"), 1],
  ['type=bind,source=/nosuch,target=/c', config('bind', 'bind source path does not exist: /nosuch'), 1],
  ['type=bind,source=/tmp,target=/c,bind-propagation=foo', config('bind', 'invalid propagation mode: foo'), 1],
  ['type=tmpfs,source=aa,target=/c', config('tmpfs', 'field Source must not be specified'), 1],
  ['target=/c,readonly', config('volume', 'must not set ReadOnly mode when using anonymous volumes'), 1],
  ['target=/c,volume-subpath=x', config('volume', 'must not set Subpath when using anonymous volumes'), 1],
  ['source=aa,target=/c,volume-subpath=../x', config('volume', 'subpath must be a relative path within the volume'), 1],
  ['source=m1,target=/c,volume-opt=foo=bar', 'create m1: invalid option: "foo"', 1],
  [
    'source=aa,target=/c,volume-driver=nope',
    'create aa: error looking up volume plugin nope: plugin "nope" not found',
    1,
  ],
];

/** A real engine for command lines in this process, with a volume that a container has. */
async function openWithUser(t: TestContext): Promise<Engine> {
  const engine = await makeEngineWorld(t).open();
  await engine.containers.create({
    image: 'busybox',
    name: 'user',
    mounts: [{ type: 'volume', source: 'used', target: '/x' }],
  });
  return { ...engine, close: () => Promise.resolve() };
}

async function refuses(engine: Engine, words: readonly string[], line: string, code: number): Promise<void> {
  const result = await runCommand(engine, words);
  const [first = ''] = result.stderr.split('\n');
  assert.deepEqual([first.replace(/^gantry: /, ''), result.code], [line, code], words.join(' '));
}

test('volumes that cannot be are refused in Docker’s words, and leave nothing', NEEDS, async (t) => {
  const engine = await openWithUser(t);
  for (const [words, line, code] of VOLUME_ROWS) await refuses(engine, ['volume', ...words.split(' ')], line, code);
  for (const [words, line, code] of RUN_ROWS) {
    await refuses(engine, ['create', ...words.split(' '), 'busybox'], line, code);
  }
  for (const [text, reason, code] of MOUNT_ROWS) {
    const line = code === 125 ? `invalid argument "${text}" for "--mount" flag: ${reason}` : reason;
    await refuses(engine, ['create', '--mount', text, 'busybox'], line, code);
  }
  const volumes = await engine.volumes.list();
  assert.deepEqual(
    volumes.map(({ name }) => name),
    ['used'],
  );
  assert.equal((await engine.containers.list({ all: true })).length, 1);
});

test('a volume that a container has is not removed, by force neither', NEEDS, async (t) => {
  const engine = await openWithUser(t);
  const { id } = await engine.containers.inspect('user');
  for (const words of [['rm'], ['rm', '-f']]) {
    await refuses(engine, ['volume', ...words, 'used'], `remove used: volume is in use - [${id}]`, 1);
  }
});
