import type { MountPoint, NamespaceType, ProcessSecurity } from './namespace.js';

/** What is known of a container's process. */
export interface KnownRights {
  readonly security: ProcessSecurity;
  /** Namespaces that it has in common with the host. */
  readonly hostNamespaces: ReadonlySet<NamespaceType>;
  readonly mounts: readonly MountPoint[];
}

/** What a capability beyond Docker's own means for the host, in the words of capabilities(7). */
const MEANINGS: Readonly<Record<string, string>> = {
  SYS_MODULE: 'can load kernel modules: it can do whatever the kernel can',
  SYS_ADMIN: 'can mount file systems, enter namespaces and much more (SYS_ADMIN): nearly root of the host',
  SYS_RAWIO: 'can reach memory and devices of the host directly (SYS_RAWIO)',
  SYS_PTRACE: 'can look into and change other processes that it sees (SYS_PTRACE)',
  SYS_BOOT: 'can restart the host (SYS_BOOT)',
  SYS_TIME: 'can set the clock of the host (SYS_TIME)',
  SYS_NICE: 'can put its processes before those of others (SYS_NICE)',
  SYS_RESOURCE: 'can go beyond its own limits (SYS_RESOURCE)',
  SYSLOG: 'can read and clear the messages of the kernel (SYSLOG)',
  DAC_READ_SEARCH: 'can read every file of the host that it finds a handle of (DAC_READ_SEARCH)',
  BPF: 'can load programs into the kernel (BPF)',
  PERFMON: 'can watch what the whole host does (PERFMON)',
  MAC_ADMIN: 'can change the rules of mandatory access control (MAC_ADMIN)',
  MAC_OVERRIDE: 'passes by the rules of mandatory access control (MAC_OVERRIDE)',
};

const SHARED: Readonly<Partial<Record<NamespaceType, string>>> = {
  pid: 'sees all processes of the host',
  net: 'has the network of the host: all its interfaces and ports',
  ipc: 'has the shared memory and semaphores of the host',
  uts: 'has the host name of the host',
  mnt: 'has the files of the host',
};

/** Sockets through which one commands a container engine, and with it the host. */
const ENGINE_SOCKET = /(^|\/)(docker|containerd|podman|crio|gantry)[\w.-]*\.sock$/;

/** What a container may that others may not, in plain sentences without a subject; nothing for a usual one. */
export function listUnusualRights({ security, hostNamespaces, mounts }: KnownRights): readonly string[] {
  const { effective } = security.capabilities;
  return [
    ...effective.flatMap((name) => MEANINGS[name] ?? []),
    ...(effective.includes('NET_ADMIN') ? [netAdmin(hostNamespaces.has('net'))] : []),
    ...(security.seccomp === 'disabled' ? ['may make every system call: seccomp is off'] : []),
    ...[...hostNamespaces].flatMap((type) => SHARED[type] ?? []),
    ...mounts.flatMap(describeMount),
    ...openProc(mounts),
  ];
}

function netAdmin(isHost: boolean): string {
  return `can change addresses, routes and firewall of ${isHost ? 'the host' : 'its own network'} (NET_ADMIN)`;
}

/** A path that leads to all of a disk of the host, or to an engine. */
function describeMount({ target, root, source, isReadOnly, fileSystem }: MountPoint): readonly string[] {
  const may = isReadOnly ? 'can read' : 'can change';
  if (ENGINE_SOCKET.test(target)) return [`can command a container engine through ${target}`];
  const isWholeDisk = root === '/' && source.startsWith('/dev/') && target !== '/' && fileSystem !== 'erofs';
  return isWholeDisk ? [`${may} a whole disk of the host, ${source}, at ${target}`] : [];
}

/** Without masks and read-only paths the settings of the kernel can be written. */
function openProc(mounts: readonly MountPoint[]): readonly string[] {
  const isClosed = mounts.some(({ target, isReadOnly }) => target === '/proc/sys' && isReadOnly);
  const hasProc = mounts.some(({ target, isReadOnly }) => target === '/proc' && !isReadOnly);
  return hasProc && !isClosed ? ['can write the settings of the kernel in /proc/sys'] : [];
}
