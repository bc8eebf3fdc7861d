import type { HostCapability } from '../../model/host-capability.js';
import type { CgroupLayout } from './cgroup/detect.js';
import type { HostProbe } from './host-probe.js';

/** Names on v1 and v2, and what a container loses without it. */
const CONTROLLERS = [
  { v1: 'memory', v2: 'memory', cost: 'no memory limits and no memory statistics' },
  { v1: 'cpu', v2: 'cpu', cost: 'no CPU limits' },
  { v1: 'cpuset', v2: 'cpuset', cost: 'no --cpuset-cpus and --cpuset-mems' },
  { v1: 'pids', v2: 'pids', cost: 'no --pids-limit: a container can use up all process ids' },
  { v1: 'blkio', v2: 'io', cost: 'no block I/O limits and no block I/O statistics' },
] as const;

/** Which controller is where, and what the host can do with groups beyond limits. */
export function listCgroupCapabilities(probe: HostProbe, layout: CgroupLayout | undefined): readonly HostCapability[] {
  if (layout === undefined) {
    const cost = 'no limits, no statistics, no pause, no reliable kill';
    return [{ name: 'cgroups', status: 'missing', detail: 'no cgroup file system is mounted', cost, required: true }];
  }
  return [
    describeLayout(layout),
    ...CONTROLLERS.map((controller) => describeController(layout, controller)),
    describeSwap(probe, layout),
    describeDevices(probe, layout),
    ...describeUnified(probe, layout),
  ];
}

function describeLayout({ mode, v1, unified }: CgroupLayout): HostCapability {
  const folders = [...new Set([...v1.values()].map(({ mountPoint }) => mountPoint))];
  const places = mode === 'v2' ? [] : [`${v1.size} controllers on v1 in ${folders.length} hierarchies`];
  if (unified !== undefined) places.push(`v2 at ${unified.mountPoint}`);
  return { name: 'cgroups', status: 'available', detail: `${mode}: ${places.join(', ')}`, required: true };
}

function describeController(layout: CgroupLayout, { v1, v2, cost }: (typeof CONTROLLERS)[number]): HostCapability {
  const name = `cgroup ${layout.mode === 'v2' ? v2 : v1}`;
  const hierarchy = layout.v1.get(v1);
  if (hierarchy !== undefined) return { name, status: 'available', detail: `v1 at ${hierarchy.base}`, required: false };
  if (layout.unified?.controllers.includes(v2)) {
    const isUsable = layout.mode === 'v2';
    const detail = `v2 at ${layout.unified.base}`;
    if (isUsable) return { name, status: 'available', detail, required: false };
    // One driver holds all limits; a controller on the other side is left out.
    return { name, status: 'missing', detail: `${detail}, while others are on v1`, cost, required: false };
  }
  return { name, status: 'missing', detail: 'not mounted', cost, required: false };
}

function describeSwap(probe: HostProbe, layout: CgroupLayout): HostCapability {
  const name = 'cgroup swap';
  const cost = 'memory is limited without swap';
  const v1 = layout.v1.get('memory');
  const isCounted =
    v1 === undefined
      ? probe.readKernelOption('SWAP') !== undefined
      : probe.exists(`${v1.base}/memory.memsw.limit_in_bytes`);
  if (!isCounted) return { name, status: 'missing', detail: 'the kernel does not count swap', cost, required: false };
  return { name, status: 'available', detail: 'counted', required: false };
}

function describeDevices(probe: HostProbe, layout: CgroupLayout): HostCapability {
  const base = { name: 'cgroup devices', required: false };
  const hierarchy = layout.v1.get('devices');
  if (hierarchy !== undefined) return { ...base, status: 'available', detail: `v1 at ${hierarchy.base}` };
  if (layout.unified === undefined || probe.isInUserNamespace) {
    const detail = layout.unified === undefined ? 'not mounted' : 'a user namespace may load no BPF program';
    const cost =
      'which devices a container opens is not restricted: only its /dev and the lack of CAP_MKNOD protect the host';
    return { ...base, status: 'missing', detail, cost };
  }
  const options = ['CGROUP_BPF', 'BPF_SYSCALL'].map((option) => probe.readKernelOption(option));
  if (options.includes(undefined)) {
    const cost = 'only containers with --privileged can be started';
    return { ...base, status: 'missing', detail: 'the kernel has no CONFIG_CGROUP_BPF', cost };
  }
  const detail = `v2 at ${layout.unified.base}, by a BPF program`;
  if (!options.includes('unknown')) return { ...base, status: 'available', detail };
  const cost = 'a kernel without CONFIG_CGROUP_BPF refuses to start containers without --privileged';
  return { ...base, status: 'limited', detail: `${detail}; the kernel does not tell its configuration`, cost };
}

function describeUnified(probe: HostProbe, { unified, mode }: CgroupLayout): readonly HostCapability[] {
  const cost = 'pause, kill and "empty" are done by hand, and there is no pressure (PSI) per container';
  if (unified === undefined) {
    return [{ name: 'cgroup unified', status: 'missing', detail: 'no cgroup2 mounted', cost, required: false }];
  }
  const hasPressure = probe.exists('/proc/pressure/cpu');
  const detail = `${unified.mountPoint}${mode === 'hybrid' ? ' beside v1' : ''}`;
  return [
    { name: 'cgroup unified', status: 'available', detail, required: false },
    hasPressure
      ? { name: 'pressure (PSI)', status: 'available', detail: '/proc/pressure', required: false }
      : {
          name: 'pressure (PSI)',
          status: 'missing',
          detail: 'no /proc/pressure',
          cost: 'no pressure per container',
          required: false,
        },
  ];
}
