/** A difference between the containers of Docker 20.10 and of Gantry that has a reason: docs/security.md has it under this title. */
interface KnownDifference {
  readonly reason: string;
  /** Lines that a container of Docker alone has. */
  readonly docker?: RegExp;
  /** Lines that a container of Gantry alone has. */
  readonly gantry?: RegExp;
}

/** A call of 64 and of 32 bits, with any argument. */
function calls(names: string, answer: string): RegExp {
  return new RegExp(`^filter: (x64|i386) (${names.trim().split(/\s+/).join('|')})\\(0x[0-9a-f]+\\) ${answer}$`);
}

const NEWER_ALLOWED = `name_to_handle_at process_vm_readv process_vm_writev pkey_mprotect pkey_alloc pkey_free cachestat fchmodat2
  map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount mseal setxattrat getxattrat listxattrat removexattrat`;
/** With a capability; without it they are refused, by a container of Docker as calls that it does not know. */
const NEWER_CAPABLE = 'lsm_get_self_attr lsm_set_self_attr lsm_list_modules set_mempolicy_home_node clock_settime64';
const RINGS = 'io_uring_setup io_uring_enter io_uring_register';

const KNOWN = [
  { reason: 'Calls of x32', docker: /^filter: x32 .* (allowed|1)$/, gantry: /^filter: x32 .* 38$/ },
  { reason: 'io_uring', docker: calls(RINGS, 'allowed'), gantry: calls(RINGS, '1') },
  {
    reason: 'Sockets of AF_ALG and AF_VSOCK',
    docker: /^filter: (x64|i386) socket\(0x(26|28)\) allowed$/,
    gantry: /^filter: (x64|i386) socket\(0x(26|28)\) 1$/,
  },
  {
    reason: 'Newer calls',
    docker: calls(`${NEWER_ALLOWED} ${NEWER_CAPABLE}`, '(1|38)'),
    gantry: calls(`${NEWER_ALLOWED} ${NEWER_CAPABLE}`, 'allowed'),
  },
  { reason: 'Newer calls', gantry: calls(NEWER_CAPABLE, '1') },
  {
    reason: 'Namespace of control groups',
    docker: /^mount: <cgroup> \/sys\/fs\/cgroup\//,
    gantry: /^mount: \/ \/sys\/fs\/cgroup\/\S+ ro,nosuid,nodev,noexec,relatime - cgroup /,
  },
  { reason: 'Folder of control groups', gantry: /^mount: \/ \/sys\/fs\/cgroup ro,\S+ - tmpfs / },
  {
    reason: 'Mount of /sys',
    docker: /^mount: \/ \/sys ro,\S+ - sysfs sysfs ro$/,
    gantry: /^mount: \/ \/sys ro,\S+ - sysfs sysfs rw$/,
  },
  {
    reason: 'Masked folders',
    docker: /^mount: \/ \/(proc|sys)\/\S+ ro,relatime - tmpfs tmpfs ro$/,
    gantry:
      /^mount: \/ \/(proc|sys)\/\S+ ro,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,size=4k,nr_inodes=1,mode=755$/,
  },
  { reason: '/proc/interrupts', gantry: /^(mount: \/null \/proc\/interrupts |writable: \/proc\/interrupts$)/ },
  {
    reason: 'Propagation of the root',
    docker: /^mount: \/ \/ r[ow],relatime master - overlay$/,
    gantry: /^mount: \/ \/ r[ow],relatime - overlay$/,
  },
  { reason: '/dev/net/tun', docker: /^device-rule: c 10:200 rwm$/ },
  { reason: '/dev/core', gantry: /^device: \/dev\/core symbolic link / },
  {
    reason: 'IPv6 on the loopback',
    docker: /^sysctl: net\/ipv6\/conf\/(all|default|lo)\/disable_ipv6 = 1 $/,
    gantry: /^sysctl: net\/ipv6\/conf\/(all|default|lo)\/disable_ipv6 = 0 $/,
  },
] as const satisfies readonly KnownDifference[];

export const ISOLATION_REASONS: readonly string[] = [...new Set(KNOWN.map(({ reason }) => reason))];

/** Why a line is there on one side alone; undefined where nobody knows. */
export function findIsolationReason(side: 'docker' | 'gantry', line: string): string | undefined {
  const known: readonly KnownDifference[] = KNOWN;
  return known.find((difference) => difference[side]?.test(line))?.reason;
}
