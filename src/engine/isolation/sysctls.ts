import { EngineError } from '../../model/errors.js';

/** Which namespaces a container has for itself. */
export interface OwnNamespaces {
  readonly ipc: boolean;
  readonly network: boolean;
  readonly uts: boolean;
}

/** Kernel parameters that an IPC namespace has its own of, beside all of `fs.mqueue`. ipc_namespaces(7) */
const OF_IPC = [
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
];

/**
 * Throws invalid-argument for a parameter that would change the host: one that belongs to no namespace, or to one that the
 * container shares. The words are runc's.
 */
export function checkSysctls(sysctls: Readonly<Record<string, string>>, own: OwnNamespaces): void {
  for (const name of Object.keys(sysctls)) {
    const why = findObjection(normalizeSysctl(name), own);
    if (why !== undefined) {
      throw new EngineError('invalid-argument', `sysctl "${name}" ${why}`);
    }
  }
}

/** The name as a path below /proc/sys; both `net.ipv4.ip_forward` and `net/ipv4/conf/eth0.1/forwarding` are possible. sysctl(8) */
export function toSysctlPath(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  return separator === '/' ? name : name.replaceAll(/[./]/g, (character) => (character === '.' ? '/' : '.'));
}

function normalizeSysctl(name: string): string {
  return toSysctlPath(name).replaceAll('/', '.');
}

function findObjection(name: string, own: OwnNamespaces): string | undefined {
  if (!/^[a-z0-9_-]+(\.[a-zA-Z0-9_-]+)+$/.test(name)) {
    return 'is not a name of a kernel parameter';
  }
  if (OF_IPC.includes(name) || name.startsWith('fs.mqueue.')) {
    return own.ipc ? undefined : 'is not allowed in the hosts ipc namespace';
  }
  if (name.startsWith('net.')) {
    return own.network ? undefined : 'not allowed in host network namespace';
  }
  if (name === 'kernel.domainname') {
    return own.uts ? undefined : 'is not allowed in the hosts UTS namespace';
  }
  return name === 'kernel.hostname'
    ? 'is not allowed as it conflicts with the OCI "hostname" field'
    : 'is not in a separate kernel namespace';
}
