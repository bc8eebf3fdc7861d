import type { HostCapability } from '../../model/host-capability.js';
import { toCapabilitySet, toMask } from './capabilities.js';
import { readHostCgroups } from './cgroup/open-driver.js';
import { listCgroupCapabilities } from './cgroup-capabilities.js';
import { type HostProbe, probeHost } from './host-probe.js';
import { isKernelFrom } from './kernel-version.js';
import { listLayerCapabilities } from './layer-capabilities.js';

/** Everything `gantry doctor` prints, what is required first. Reads files only; some 10 ms. */
export function readHostCapabilities(probe: HostProbe = probeHost()): readonly HostCapability[] {
  const list = [
    describeRoot(probe),
    ...listNamespaces(probe),
    describeSystemCalls(probe),
    describeSeccomp(probe),
    describeResourceCapability(probe),
    ...listCgroupCapabilities(probe, readHostCgroups()),
    ...listLayerCapabilities(probe),
    ...listUserIds(probe),
    ...listNetworking(probe),
    ...listPrograms(probe),
  ];
  return [...list.filter(({ required }) => required), ...list.filter(({ required }) => !required)];
}

function describeRoot({ uid }: HostProbe): HostCapability {
  const name = 'root';
  if (uid === 0) return { name, status: 'available', detail: 'runs as uid 0', required: true };
  const cost = 'containers need namespaces, mounts and cgroups that only root may make';
  return { name, status: 'missing', detail: `runs as uid ${uid}`, cost, required: true };
}

/** Link in /proc/PID/ns, and what a container loses without it. */
const NAMESPACES = [
  ['pid', 'a container sees and can signal every process', true],
  ['mnt', 'a container has no root file system of its own', true],
  ['uts', 'a container has no host name of its own', true],
  ['ipc', 'containers share System V IPC and message queues', true],
  ['net', 'containers share the host’s network', true],
  ['cgroup', 'a container sees the host’s cgroup paths', false],
  ['user', 'no --userns-remap: root in a container is root on the host', false],
  ['time', 'no clocks of its own for a container', false],
] as const;

function listNamespaces(probe: HostProbe): readonly HostCapability[] {
  return NAMESPACES.map(([kind, cost, required]) => {
    const name = `namespace ${kind}`;
    if (!probe.exists(`/proc/self/ns/${kind}`)) {
      return { name, status: 'missing', detail: `/proc/self/ns/${kind} does not exist`, cost, required };
    }
    const most = probe.read(`/proc/sys/user/max_${kind}_namespaces`)?.trim();
    if (most === '0') {
      return { name, status: 'missing', detail: `user.max_${kind}_namespaces is 0`, cost, required };
    }
    const detail = most === undefined ? 'in the kernel' : `at most ${most}`;
    return { name, status: 'available', detail, required };
  });
}

function describeSystemCalls(probe: HostProbe): HostCapability {
  const base = { name: 'clone3, openat2, pidfd', detail: `Linux ${probe.kernelRelease}`, required: true };
  if (isKernelFrom(probe, 5, 7)) return { ...base, status: 'available' };
  return { ...base, status: 'missing', cost: 'containers cannot be started safely: Linux 5.7 or newer is needed' };
}

function describeSeccomp(probe: HostProbe): HostCapability {
  const name = 'seccomp filter';
  const actions = probe.read('/proc/sys/kernel/seccomp/actions_avail')?.trim();
  if (actions !== undefined) return { name, status: 'available', detail: actions, required: false };
  const cost = 'containers can only run with --security-opt seccomp=unconfined';
  return { name, status: 'missing', detail: 'the kernel lists no actions', cost, required: false };
}

function describeResourceCapability(probe: HostProbe): HostCapability {
  const name = 'CAP_SYS_RESOURCE';
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(probe.read('/proc/self/status') ?? '')?.[1];
  if ((toCapabilitySet(digits) & toMask([name])) !== 0n) {
    return { name, status: 'available', detail: 'in the effective set', required: false };
  }
  const cost = 'resource limits above our own hard limits are lowered to them, and oom_score_adj cannot go down';
  return { name, status: 'missing', detail: 'not in the effective set', cost, required: false };
}

function listUserIds(probe: HostProbe): readonly HostCapability[] {
  const ranges = (file: string) =>
    (probe.read(file) ?? '').split('\n').filter((line) => /^[^#:]+:\d+:\d+$/.test(line.trim()));
  const [uids, gids] = [ranges('/etc/subuid'), ranges('/etc/subgid')];
  const name = 'subordinate ids';
  if (uids.length > 0 && gids.length > 0) {
    return [{ name, status: 'available', detail: `${uids.join(' ')} in /etc/subuid`, required: false }];
  }
  const detail = `no range in ${uids.length === 0 ? '/etc/subuid' : '/etc/subgid'}`;
  const cost = '--userns-remap needs a range to be given';
  return [{ name, status: 'missing', detail, cost, required: false }];
}

/** What `--firewall-backend` chooses from. */
function listNetworking(probe: HostProbe): readonly HostCapability[] {
  const base = { name: 'firewall', required: false } as const;
  const kernel = probe.readKernelOption('NF_TABLES');
  const iptables = probe.findCommand('iptables');
  const carried = 'published ports are carried by a proxy, which hides who asks';
  if (kernel === 'unknown') {
    const detail = 'the configuration of the kernel cannot be read';
    return [{ ...base, status: 'limited', detail, cost: `without nf_tables in it ${carried}` }];
  }
  if (kernel !== undefined) return [{ ...base, status: 'available', detail: `nf_tables in the kernel: ${kernel}` }];
  if (iptables !== undefined)
    return [{ ...base, status: 'limited', detail: `${iptables}, no nf_tables`, cost: carried }];
  const cost = `no way out of bridge networks, and they are not apart; ${carried}`;
  return [{ ...base, status: 'missing', detail: 'no nf_tables, no iptables', cost }];
}

function listPrograms(probe: HostProbe): readonly HostCapability[] {
  const busybox = probe.findCommand('busybox');
  const isUsable = busybox !== undefined && probe.isStaticProgram(busybox);
  const busyboxCapability: HostCapability = {
    name: 'static busybox',
    status: isUsable ? 'available' : 'missing',
    detail: busybox === undefined ? 'not found' : `${busybox}${isUsable ? '' : ' is not static'}`,
    ...(!isUsable && { cost: 'no embedded busybox image' }),
    required: false,
  };
  return [
    busyboxCapability,
    describeCommand(
      probe,
      'igzip',
      'igzip',
      'what is compressed with gzip is unpacked by zlib, which takes twice the time',
    ),
    describeCommand(probe, 'debootstrap', 'debootstrap', 'no gantry bootstrap debian'),
    describeCommand(probe, 'C compiler', 'cc', 'a clone cannot be compiled; a package needs none'),
  ];
}

function describeCommand(probe: HostProbe, name: string, command: string, cost: string): HostCapability {
  const path = probe.findCommand(command);
  return path === undefined
    ? { name, status: 'missing', detail: `no ${command} on PATH`, cost, required: false }
    : { name, status: 'available', detail: path, required: false };
}
