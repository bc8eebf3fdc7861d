import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getSystemErrorName } from 'node:util';
import { compileProgram } from '../support/compile-program.js';
import { BUNDLE, type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:cc');

const MODES = [
  { mode: 'a default container', globals: [], isRemapped: false },
  { mode: 'a remapped container', globals: ['--userns-remap', '300000:65536'], isRemapped: true },
] as const;

/** Every call of refused-calls.c fails with EPERM but these. */
const OTHER_ERRORS: Readonly<Record<string, string>> = { clone3: 'ENOSYS', setpriority: 'EACCES' };

/** Those that fail with EPERM without the filter too: the capabilities are a second wall behind it. */
const WITHOUT_FILTER = [
  ...['mount', 'mount bind', 'mount cgroup', 'mount remount', 'umount2', 'pivot_root'],
  ...['fsopen', 'fsmount', 'fspick', 'open_tree', 'move_mount'],
  ...['mnt', 'uts', 'ipc', 'net', 'pid', 'cgroup'].flatMap((kind) => [`unshare ${kind}`, `clone ${kind}`]),
  ...['sethostname', 'setdomainname', 'reboot', 'swapon', 'swapoff', 'settimeofday', 'clock_settime', 'adjtimex'],
  ...['syslog', 'acct', 'vhangup', 'open_by_handle_at', 'capset', 'prctl ambient', 'prctl mm'],
];

/**
 * What refused-reach.c is told, in a default container and, where it differs, in a remapped one: there the files of /proc
 * and /sys belong to nobody, which is asked before the read-only mount is.
 */
const REACH: Readonly<Record<string, string | readonly [string, string]>> = {
  'file of the host': 'ENOENT',
  'file above the root': 'ENOENT',
  'file below the root of pid 1': 'ENOENT',
  'file below the working directory of pid 1': 'ENOENT',
  'file above a chroot': 'ENOENT',
  'block device of the host': 'EPERM',
  'loop device': 'EPERM',
  '/dev/mem': 'EPERM',
  '/dev/kmsg made': 'EPERM',
  '/dev/kmsg': 'ENOENT',
  '/proc/kmsg': ['EPERM', 'EACCES'],
  '/proc/sysrq-trigger': ['EROFS', 'EACCES'],
  '/proc/sys/kernel/core_pattern': ['EROFS', 'EACCES'],
  '/proc/sys/vm/drop_caches': ['EROFS', 'EACCES'],
  '/proc/sys/net/ipv4/ip_forward': ['EROFS', 'EACCES'],
  '/proc/irq/default_smp_affinity': ['EROFS', 'EACCES'],
  '/sys/kernel/mm/ksm/run': ['EROFS', 'EACCES'],
  'own memory limit': ['EROFS', 'EACCES'],
  'own cgroup': ['EROFS', 'EACCES'],
  'own OOM score': 'EACCES',
  "ptrace of the host's": 'ESRCH',
  "signal to the host's": 'ESRCH',
  "pidfd of the host's": 'ESRCH',
  "memory of the host's": 'ESRCH',
  "scheduler of the host's": 'ESRCH',
  ...Object.fromEntries(
    ['mnt', 'uts', 'ipc', 'net', 'pid', 'user', 'cgroup', 'time'].map((kind) => [`setns ${kind} of pid 1`, 'EPERM']),
  ),
  'abstract socket of the host': 'ECONNREFUSED',
  "port of the host's loopback": 'ECONNREFUSED',
  interface: 'EPERM',
  TIOCSTI: 'ENOTTY',
  'controlling terminal': 'ENXIO',
};

/** Files that a kernel may be built without. */
const OPTIONAL = ['/proc/sysrq-trigger', '/sys/kernel/mm/ksm/run', '/proc/irq/default_smp_affinity'];

let gantry: Gantry;
let programs: { readonly calls: string; readonly reach: string };
/** What the host has, for the containers to look for: words for refused-reach.c. */
let bait: readonly string[];
const servers: Server[] = [];

before(async () => {
  if (needs.skip !== undefined) return;
  gantry = openGantry();
  await gantry.run(['embedded', 'busybox']);
  // Static: busybox has no C library.
  const compile = (name: string) => compileProgram(name, gantry.folder, '-static');
  programs = { calls: compile('refused-calls'), reach: compile('refused-reach') };
  const file = join(gantry.folder, 'secret');
  writeFileSync(file, 'secret', { mode: 0o644 });
  const name = `gantry-refusals-${process.pid}`;
  await listen({ path: `\0${name}` });
  const { port } = (await listen({ host: '127.0.0.1', port: 0 })).address() as AddressInfo;
  bait = [file, String(process.pid), name, String(port)];
});

after(async () => {
  for (const server of servers) server.close();
  await gantry?.close();
});

async function listen(where: { readonly path: string } | { readonly host: string; readonly port: number }) {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  server.listen(where);
  await once(server, 'listening');
  return server;
}

/** What a program says of each of its attempts: `ok` where it was not refused. */
async function attempt(globals: readonly string[], words: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { code, stdout, stderr } = await gantry.run([...globals, 'run', '--rm', ...words]);
  assert.equal(code, 0, stderr);
  return parseAnswers(stdout);
}

function parseAnswers(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').flatMap((line) => [...line.matchAll(/^(.*) (-?\d+)\r?$/g)]);
  return new Map(lines.map(([, name = '', number]) => [name, nameError(Number(number))]));
}

function nameError(number: number): string {
  if (number === 0) return 'ok';
  return number < 0 ? `ended by signal ${-number}` : getSystemErrorName(-number);
}

for (const { mode, globals, isRemapped } of MODES) {
  test(`${mode} is refused every call that reaches past it`, needs, async () => {
    const answers = await attempt(globals, ['-v', `${programs.calls}:/calls:ro`, 'busybox', '/calls']);
    assert.ok(answers.size >= 70, `${answers.size} calls`);
    const expected = [...answers.keys()].map((name) => [name, OTHER_ERRORS[name] ?? 'EPERM']);
    assert.deepEqual([...answers], expected);
  });

  test(`${mode} without a filter is refused what needs capabilities`, needs, async () => {
    const words = ['--security-opt', 'seccomp=unconfined', '-v', `${programs.calls}:/calls:ro`, 'busybox', '/calls'];
    const answers = await attempt(globals, words);
    assert.deepEqual(
      WITHOUT_FILTER.map((name) => [name, answers.get(name)]),
      WITHOUT_FILTER.map((name) => [name, 'EPERM']),
    );
  });

  test(`${mode} finds nothing of the host and cannot write what is the host's`, needs, async () => {
    const answers = await attempt(globals, ['-v', `${programs.reach}:/reach:ro`, 'busybox', '/reach', ...bait]);
    for (const [name, expected] of Object.entries(REACH)) {
      const wanted = typeof expected === 'string' ? expected : expected[isRemapped ? 1 : 0];
      const answer = answers.get(name);
      if (answer === 'ENOENT' && OPTIONAL.includes(name)) continue;
      assert.equal(answer, wanted, name);
    }
    assert.deepEqual([...answers.keys()].sort(), Object.keys(REACH).sort());
  });
}

test('the programs do find what is there to be found on the host', needs, async () => {
  const words = ['--privileged', '--pid', 'host', '--network', 'host', '-v', `${gantry.folder}:${gantry.folder}`];
  const answers = await attempt([], [...words, '-v', `${programs.reach}:/reach:ro`, 'busybox', '/reach', ...bait]);
  const found = ['file of the host', "signal to the host's", "pidfd of the host's", 'interface'];
  for (const name of [...found, 'abstract socket of the host', "port of the host's loopback"]) {
    assert.equal(answers.get(name), 'ok', name);
  }
});

test('what a container types into its terminal does not come to the terminal it was started from', needs, async () => {
  const cli = `${process.execPath} ${BUNDLE}`;
  const run = `run -dit --name typist -v ${programs.reach}:/reach:ro busybox /reach ${bait.join(' ')}`;
  // Whatever waits at the terminal is read without waiting for a line or for more.
  const script = `${cli} ${run}; ${cli} wait typist; stty -icanon min 0 time 1; echo "typed $(head -c 1 | wc -c)"`;
  const env = { GANTRY_ROOT: join(gantry.folder, 'root'), GANTRY_RUN_ROOT: join(gantry.folder, 'run') };
  const program = startInTerminal('sh', ['-c', script], { env });
  const screen = await program.waitFor(/typed \d/, 20_000);
  assert.match(screen, /^typed 0$/m);
  await program.exited;
  const { stdout } = await gantry.run(['logs', 'typist']);
  const answers = parseAnswers(stdout);
  assert.deepEqual([answers.get('TIOCSTI'), answers.get('controlling terminal')], ['ok', 'ok'], stdout);
});
