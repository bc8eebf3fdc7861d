import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { type ApartHost, makeApartHost } from './apart-host.js';
import { openGantry } from './gantry.js';
import { makeSecondHost } from './second-host.js';
import { unpackTestRoot } from './test-image.js';

/** What a command has said. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * An engine on a host apart: its eth0 leads to another machine, whose route to all others leads back. The host, as `host`, and the other
 * machine, as `outside`, answer HTTP at port 8000; the other one answers DNS too. The image `parity` is there.
 */
export interface ComparedEngine {
  readonly name: 'docker' | 'gantry';
  /** Its command line. */
  run(words: readonly string[]): Promise<Answer>;
  /** A program of the image, on the host or on the other machine. */
  runOn(place: 'host' | 'outside', words: readonly string[]): Promise<Answer>;
  /** Removes all containers, and all networks of the user's. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const HOST_ADDRESSES = { hostAddress: '198.18.0.1', address: '198.18.0.2' };

const ETC = {
  'resolv.conf': '# of the host\nnameserver 198.18.0.2\nsearch example.test\noptions timeout:2\n',
  hosts: '127.0.0.1 localhost\n198.18.0.1 parity-host\n',
};

const OWN_CLIENT = '/usr/bin/docker';

const NAMES = fileURLToPath(new URL('programs/answer-names.js', import.meta.url));

/** Programs of the image; all else is an applet of busybox. */
const PROGRAMS = {
  /** Answers with its name, and with the address that it sees. */
  'www/cgi-bin/who': `
echo
echo "\${NAME:-$(busybox hostname)} sees $REMOTE_ADDR" | busybox sed 's/\\[::ffff:\\(.*\\)\\]/\\1/'
`,
  /** At a port, or at several. */
  'bin/serve': `
while [ $# -gt 1 ]; do
  busybox httpd -p "$1" -h "\${0%/bin/serve}/www"
  shift
done
exec busybox httpd -f -p "\${1:-80}" -h "\${0%/bin/serve}/www"
`,
  /** What servers say, or how they do not answer: `ADDRESS PORT` for each. All are asked at once. */
  'bin/ask': `
ask() {
  answer=$(printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | busybox timeout 10 busybox nc -w 3 "$1" "$2" 2>&1)
  case $answer in
    HTTP*) answer=$(printf '%s\\n' "$answer" | busybox sed '1,/^$/d') ;;
    '') answer='no answer' ;;
  esac
  echo "$1 $2: $answer"
}
[ $# -gt 0 ] || exit 0
ask "$1" "$2" | { shift 2; rest=$("$0" "$@"); cat; [ -z "$rest" ] || echo "$rest"; }
`,
  /** The address that a name has for a program of the container; a bad one where it has none for three seconds. */
  'bin/find': `
find() {
  echo "$1:"
  busybox timeout 3 busybox ping -c 1 -w 2 "$1" 2>&1 | busybox grep '^PING' || echo 'bad address'
}
[ $# -gt 0 ] || exit 0
find "$1" 2>/dev/null | { shift; rest=$("$0" "$@"); cat; [ -z "$rest" ] || echo "$rest"; }
`,
  /** What a server of names says. */
  'bin/resolve': `
[ $# -gt 0 ] || exit 0
{ echo "$1:"; busybox nslookup "$1" 2>&1; } | { shift; rest=$("$0" "$@"); cat; [ -z "$rest" ] || echo "$rest"; }
`,
  /** All that a container can see of its networks. */
  'bin/look': `
say() { echo "# $*"; "$@"; }
tell() { for file; do echo "$file: $(cat $file)"; done; }
say busybox ip -o link
say busybox ip -o addr
say busybox ip route
say busybox ip -6 route
say cat /etc/hosts
say cat /etc/resolv.conf
tell /etc/hostname
say busybox hostname
cd /proc/sys
tell kernel/domainname net/ipv4/ip_forward net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range
tell net/ipv4/conf/all/route_localnet net/ipv6/conf/all/forwarding net/ipv6/conf/*/disable_ipv6 net/ipv6/conf/eth*/accept_ra
cd /sys/class/net
tell eth*/mtu eth*/flags eth*/operstate eth*/tx_queue_len eth*/carrier eth*/address
`,
};

/** Of dockerd, which is installed. All that it makes is gone when it is closed. */
export function openComparedDocker(): Promise<ComparedEngine> {
  return openWorld('docker', async ({ folder, host }, after) => {
    const [program = '', ...words] = host.by;
    const dockerd = await startDockerd(makeFolder(folder, 'd'), basename(folder), 'bridge', {
      by: [program, ...words],
    });
    if (dockerd === undefined) throw new Error('dockerd is not installed');
    after(dockerd.close);
    const [docker, ...first] = dockerd.client;
    // A client that is newer than its daemon refuses this flag; the one that is installed with the daemon does not.
    const toClient = (args: readonly string[]) =>
      args.includes('--mac-address') && existsSync(OWN_CLIENT) ? OWN_CLIENT : docker;
    return (args) => runProgram([toClient(args), ...first, ...args]);
  });
}

export function openComparedGantry(): Promise<ComparedEngine> {
  return openWorld('gantry', ({ host }, after) => {
    const gantry = openGantry(host.by);
    after(gantry.close);
    const run: ComparedEngine['run'] = async (words) => {
      const { code, ...printed } = await gantry.run(words);
      return { code: code ?? -1, ...printed };
    };
    return Promise.resolve(run);
  });
}

interface World {
  readonly folder: string;
  readonly host: ApartHost;
}

type After = (undo: () => void | Promise<void>) => void;

async function openWorld(
  name: ComparedEngine['name'],
  open: (world: World, after: After) => Promise<ComparedEngine['run']>,
): Promise<ComparedEngine> {
  const undos: (() => void | Promise<void>)[] = [];
  const after: After = (undo) => void undos.unshift(undo);
  const close = async () => {
    for (const undo of undos.splice(0)) await undo();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-compared-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const settings = { folder: makeFolder(folder, 'host'), hostname: 'parity-host', etc: ETC };
    const host = await makeApartHost({ after }, settings);
    const options = { hostBy: host.byNetwork, linkName: 'eth0', addresses: HOST_ADDRESSES };
    const outside = makeSecondHost({ after }, options);
    const tar = makeImage(folder);
    const programs = join(folder, 'image/bin');
    after(startProgram([...host.by, 'env', 'NAME=host', join(programs, 'serve'), '8000']));
    after(startProgram([...outside.by, 'env', 'NAME=outside', join(programs, 'serve'), '8000']));
    after(startProgram([...outside.by, process.execPath, NAMES, outside.address]));
    const run = await open({ folder, host }, after);
    const clear = () => removeAll(run);
    after(clear);
    const { code, stderr } = await run(['import', tar, 'parity']);
    if (code !== 0) throw new Error(`cannot import the image: ${stderr}`);
    const by = { host: host.by, outside: outside.by };
    const runOn: ComparedEngine['runOn'] = (place, [program = '', ...words]) =>
      runProgram([...by[place], join(programs, program), ...words]);
    return { name, run, runOn, clear, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function removeAll(run: ComparedEngine['run']): Promise<void> {
  const { stdout } = await run(['ps', '-aq']);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await run(['rm', '-f', ...ids]);
  await run(['network', 'prune', '-f']);
}

function makeFolder(folder: string, name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

function makeImage(folder: string): string {
  const root = join(folder, 'image');
  unpackTestRoot(root);
  mkdirSync(join(root, 'www/cgi-bin'), { recursive: true });
  for (const [name, script] of Object.entries(PROGRAMS)) {
    writeFileSync(join(root, name), `#!/bin/sh${script}`);
    chmodSync(join(root, name), 0o755);
  }
  execFileSync('tar', ['-C', root, '-cf', join(folder, 'image.tar'), '.']);
  return join(folder, 'image.tar');
}

function runProgram([program = '', ...words]: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, words, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Gives what ends it. */
function startProgram([program = '', ...words]: readonly string[]): () => Promise<void> {
  const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}
