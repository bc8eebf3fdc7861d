import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { EngineError } from '../../model/errors.js';
import { readBoundingSet } from './capabilities.js';

/** What a container's isolation depends on and only the host can tell. Read once by the engine. */
export interface HostFacts {
  readonly architecture: 'x64' | 'arm64';
  readonly kernel: readonly [major: number, minor: number];
  /** The engine's own bounding set: no container gets more. */
  readonly capabilities: bigint;
  /** Where controllers are on v1, each hierarchy's folder and mount options (`cpu`, `cpu,cpuacct`, `name=systemd`); empty on v2. */
  readonly cgroupHierarchies: readonly CgroupHierarchy[];
  /** Kernel parameters that Docker sets in a network namespace of a container's own, where this kernel has them. */
  readonly networkSysctls: readonly string[];
  readonly throttlePaths: readonly string[];
}

export interface CgroupHierarchy {
  /** Name below /sys/fs/cgroup. */
  readonly name: string;
  readonly options: readonly string[];
}

const NETWORK_SYSCTLS = ['net.ipv4.ip_unprivileged_port_start', 'net.ipv4.ping_group_range'];

/** Throws not-implemented on a processor without a table of system calls. */
export function readHostFacts(): HostFacts {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  return {
    architecture: readArchitecture(),
    kernel: [Number(major), Number(minor)],
    capabilities: readBoundingSet(),
    cgroupHierarchies: parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8')),
    networkSysctls: NETWORK_SYSCTLS.filter((name) => existsSync(`/proc/sys/${name.replaceAll('.', '/')}`)),
    throttlePaths: findThrottlePaths(),
  };
}

function readArchitecture(): 'x64' | 'arm64' {
  const name = arch();
  if (name !== 'x64' && name !== 'arm64') {
    throw new EngineError('not-implemented', `containers cannot run on ${name}: only on x64 and arm64`);
  }
  return name;
}

/** The v1 hierarchies below /sys/fs/cgroup. proc_pid_mountinfo(5): `… mount point … - type source super-options`. */
export function parseHierarchies(mountinfo: string): readonly CgroupHierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , superOptions = ''] = after.split(' ');
    const name = /^\/sys\/fs\/cgroup\/([^/]+)$/.exec(before.split(' ')[4] ?? '')?.[1];
    const options = superOptions.split(',').filter((option) => option !== 'rw' && option !== 'ro' && isNaming(option));
    return type === 'cgroup' && name !== undefined ? [{ name, options }] : [];
  });
}

/** Options that say which hierarchy it is, and not how it behaves. cgroup1_show_options() in the kernel. */
function isNaming(option: string): boolean {
  const behaviour = ['noprefix', 'xattr', 'cpuset_v2_mode', 'favordynmods', 'clone_children'];
  return !behaviour.includes(option) && !option.startsWith('release_agent=');
}

function findThrottlePaths(): readonly string[] {
  const folder = '/sys/devices/system/cpu';
  const cpus = existsSync(folder) ? readdirSync(folder).filter((name) => /^cpu\d+$/.test(name)) : [];
  return cpus.map((name) => `${folder}/${name}/thermal_throttle`).filter((path) => existsSync(path));
}
