import { spawnSync } from 'node:child_process';
import { accessSync, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';

/** What a test needs from its host. `command:NAME` is a program on PATH, `library:NAME` a shared library. */
export type Requirement =
  | 'root'
  | 'cgroup-v1'
  | 'cgroup-v2'
  | 'cgroup-unified'
  | 'cgroup-limits'
  | 'overlay'
  | 'btrfs'
  | 'erofs'
  | 'fuse'
  | 'ipv6'
  | 'device-mapper'
  | 'sctp'
  | `link:${LinkKind}`
  | `command:${string}`
  | `library:${string}`;

/** Of interfaces, as ip-link(8) calls them. */
type LinkKind = 'macvlan' | 'ipvlan' | 'vlan' | 'dummy';

/** The unified hierarchy, alone or beside v1. */
const UNIFIED_FOLDERS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/**
 * The option that makes node:test skip with a reason where a requirement is not met, and nothing where all are:
 * `test('…', requires('root', 'command:tmux'), async () => …)`.
 */
export function requires(...requirements: readonly Requirement[]): { readonly skip?: string } {
  const missing = requirements.filter((requirement) => !isMet(requirement));
  return missing.length === 0 ? {} : { skip: `needs ${missing.join(', ')}` };
}

function isMet(requirement: Requirement): boolean {
  switch (requirement) {
    case 'root':
      return process.getuid?.() === 0;
    case 'cgroup-v1':
      return existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
    case 'cgroup-v2':
      return existsSync('/sys/fs/cgroup/cgroup.controllers');
    case 'cgroup-unified':
      return UNIFIED_FOLDERS.some((folder) => existsSync(`${folder}/cgroup.controllers`));
    case 'cgroup-limits':
      return isMet('cgroup-v1') || isMet('cgroup-v2');
    case 'overlay':
    case 'btrfs':
      return isFileSystemKnown(requirement);
    case 'erofs':
      return isFileSystemKnown(requirement) && !isOlderThan(6, 15);
    case 'device-mapper':
      return /\bdevice-mapper$/m.test(readFileSync('/proc/misc', 'utf8'));
    case 'link:macvlan':
    case 'link:ipvlan':
    case 'link:vlan':
    case 'link:dummy':
      return canMakeLink(requirement.slice('link:'.length));
    case 'sctp':
      // The kernel loads it with the first socket, where it may.
      spawnSync('sh', ['-c', 'modprobe -q sctp'], { stdio: 'ignore' });
      return existsSync('/proc/net/sctp');
    case 'ipv6':
      return existsSync('/proc/net/if_inet6');
    case 'fuse':
      return existsSync('/dev/fuse');
    default:
      return requirement.startsWith('library:')
        ? isLibrary(requirement.slice('library:'.length))
        : isOnPath(requirement.slice('command:'.length));
  }
}

/** Tried in a network namespace that goes with the attempt. */
function canMakeLink(kind: string): boolean {
  const own = kind === 'vlan' ? 'vlan id 7' : kind;
  const script = `ip link add p type veth peer name q && ip link add link p name m type ${own}`;
  return spawnSync('unshare', ['--net', 'sh', '-c', script], { stdio: 'ignore' }).status === 0;
}

function isFileSystemKnown(name: string): boolean {
  const known = readFileSync('/proc/filesystems', 'utf8');
  return known.split('\n').some((line) => line.endsWith(`\t${name}`));
}

function isOlderThan(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = release().split('.').map(Number.parseFloat);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

/** Where ld.so looks on the distributions that tests run on. */
function isLibrary(name: string): boolean {
  const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.'].map((folder) => join('/usr/lib', folder));
  return [...folders, '/usr/lib64'].some((folder) => existsSync(join(folder, name)));
}

function isOnPath(command: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), 1);
      return true;
    } catch {
      return false;
    }
  });
}
