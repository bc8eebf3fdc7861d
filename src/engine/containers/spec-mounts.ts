import type { ContainerConfig, MountConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { type BindMount, defaultMounts, toBindMount } from '../isolation/mounts.js';
import type { SpecMount } from '../isolation/oci-spec.js';
import { mergeTmpfsOptions } from '../isolation/tmpfs-options.js';
import type { ContainerFilePaths, RuntimeSpecInput } from './runtime-spec-input.js';

/** 64 MiB, Docker's default of `--shm-size`. */
const DEFAULT_SHM_BYTES = 64 * 1024 * 1024;

/** What may lie on files of /proc: tools that show a container its own limits do so (lxcfs). runc, checkProcMount. */
const ALLOWED_IN_PROC = [
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/net/dev',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
];

/**
 * All mounts of a container in the order they are made: Docker's own, less those the user replaces, then binds, volumes,
 * generated files and tmpfs, from the root down.
 */
export function selectMounts(input: RuntimeSpecInput): readonly SpecMount[] {
  const isRemapped = input.idMaps !== undefined;
  const wanted = [
    ...input.binds.map((bind) => toBindMount({ ...bind, isOwn: bind.isOwn === true && isRemapped })),
    ...(input.config.mounts ?? []).filter((mount) => mount.type === 'tmpfs').map(toTmpfsMount),
  ];
  const targets = new Set(wanted.map(({ destination }) => destination));
  const files = input.files === undefined ? [] : fileMounts(input.files, input.config, isRemapped);
  const mounts = [...wanted, ...files.filter(({ destination }) => !targets.has(destination))];
  for (const { destination } of mounts) {
    checkTarget(destination);
  }
  const isReplaced = ({ destination }: SpecMount) =>
    targets.has(destination) || (targets.has('/dev') && destination.startsWith('/dev/'));
  return [
    ...ownMounts(input).filter((mount) => !isReplaced(mount)),
    ...mounts.toSorted((one, other) => depth(one.destination) - depth(other.destination)),
  ];
}

function ownMounts({ config, host, donors, idMaps, cgroupVersion }: RuntimeSpecInput): readonly SpecMount[] {
  const privileged = config.security?.privileged === true;
  const ipc = config.namespaces?.ipc ?? 'private';
  return defaultMounts({
    shmSizeBytes: config.shmSizeBytes ?? DEFAULT_SHM_BYTES,
    ...(ipc === 'none' && { shm: 'none' as const }),
    ...(ipc === 'host' && { shm: { source: '/dev/shm' } }),
    ...(donors.ipc !== undefined && { shm: { source: `/proc/${donors.ipc.pid}/root/dev/shm` } }),
    cgroup: cgroupVersion ?? (host.cgroupHierarchies.length > 0 ? 'v1' : 'v2'),
    writableSys: privileged && config.security?.readOnlyRootfs !== true,
    ttyGroup: idMaps === undefined || idMaps.gids.some(({ insideId, count }) => insideId <= 5 && 5 < insideId + count),
  });
}

/** Writable by the container, as in Docker, unless its root is read-only. */
function fileMounts(files: ContainerFilePaths, config: ContainerConfig, isOwn: boolean): readonly SpecMount[] {
  const readOnly = config.security?.readOnlyRootfs === true;
  const binds: readonly BindMount[] = [
    { source: files.resolvConf, target: '/etc/resolv.conf', readOnly, isOwn },
    { source: files.hostname, target: '/etc/hostname', readOnly, isOwn },
    { source: files.hosts, target: '/etc/hosts', readOnly, isOwn },
  ];
  return binds.map(toBindMount);
}

function toTmpfsMount(mount: Extract<MountConfig, { readonly type: 'tmpfs' }>): SpecMount {
  const options = mergeTmpfsOptions([
    ...(mount.options ?? []),
    ...(mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`]),
    ...(mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`]),
  ]);
  return { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options };
}

/** A mount on or below /proc could take the writes of whoever sets the container up (CVE-2019-16884, 2019-19921). */
function checkTarget(target: string): void {
  if (!target.startsWith('/') || target === '/') {
    throw new EngineError(
      'invalid-argument',
      `invalid mount path: '${target}' mount path must be absolute and not '/'`,
    );
  }
  const isInProc = target === '/proc' || target.startsWith('/proc/');
  if (isInProc && !ALLOWED_IN_PROC.includes(target)) {
    throw new EngineError('invalid-argument', `"${target}" cannot be mounted because it is inside /proc`);
  }
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length;
}
