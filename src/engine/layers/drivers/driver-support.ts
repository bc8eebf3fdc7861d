import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostCapability } from '../../../model/host-capability.js';
import { STORAGE_DRIVERS, type StorageDriverName } from './storage-driver.js';

/** What of the host decides which storage drivers there are. */
export interface StorageProbe {
  /** Undefined where it cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  findCommand(name: string): string | undefined;
  /** `y`, `m`, or undefined where the option is off; 'unknown' where the kernel does not tell its configuration. */
  readKernelOption(name: string): 'y' | 'm' | 'unknown' | undefined;
}

/** Makes the file system of the driver `devicemapper`. */
export const MKFS = 'mkfs.ext4';

/** A driver that cannot be used on this host or file system, and why. */
export type DriverSupport = { readonly detail: string } | { readonly unavailable: string };

/** The same for one that the root has had: what needs more than a look is not asked again. */
export function findPriorSupport(name: StorageDriverName, root: string, probe: StorageProbe): DriverSupport {
  return name === 'erofs' ? describeLoadedErofs(probe) : findDriverSupport(name, root, probe);
}

/** Whether a state root at `root` can have the driver, by what files say; nothing is tried. */
export function findDriverSupport(name: StorageDriverName, root: string, probe: StorageProbe): DriverSupport {
  switch (name) {
    case 'erofs':
      return describeErofs(probe);
    case 'overlay2':
      return describeKernelOverlay(probe);
    case 'btrfs':
      return describeBtrfs(readFileSystem(root));
    case 'fuse-overlayfs':
      return describeFuse(probe);
    case 'devicemapper':
      return describeDeviceMapper(probe);
    case 'vfs': {
      const fileSystem = readFileSystem(root);
      return { detail: SHARES_BLOCKS.has(fileSystem) ? `copies share their blocks on ${fileSystem}` : 'whole copies' };
    }
  }
}

/** What a user loses where a driver is missing. */
const COSTS: Readonly<Record<StorageDriverName, string>> = {
  erofs: 'layers are unpacked file by file',
  overlay2: 'layers are stacked by fuse-overlayfs, or copied',
  btrfs: 'no layers that are snapshots',
  'fuse-overlayfs': 'where the kernel refuses its own overlay, layers are copied',
  vfs: 'nothing runs',
  devicemapper: 'no layers on thin devices',
};

/** Every driver that Docker has had, for `gantry doctor`. */
export function listStorageCapabilities(root: string, probe: StorageProbe): readonly HostCapability[] {
  const own = STORAGE_DRIVERS.map((name) => ({
    name,
    support: findDriverSupport(name, root, probe),
    cost: COSTS[name],
  }));
  const others = [
    {
      name: 'aufs',
      support: {
        unavailable: isInKernel(probe, 'aufs') ? 'in the kernel, but never tried' : 'not in /proc/filesystems',
      },
      cost: 'roots that Docker made so cannot be read',
    },
  ];
  return [...own, ...others].map(({ name, support, cost }) => {
    const base = { name: `storage ${name}`, required: false } as const;
    return 'detail' in support
      ? { ...base, status: 'available', detail: support.detail }
      : { ...base, status: 'missing', detail: support.unavailable, cost };
  });
}

function describeKernelOverlay(probe: StorageProbe): DriverSupport {
  if (isInKernel(probe, 'overlay')) return { detail: 'overlay is in the kernel' };
  // The first mount loads it.
  if (probe.readKernelOption('OVERLAY_FS') === 'm') return { detail: 'overlay is a module that is not loaded' };
  return { unavailable: 'overlay is not in /proc/filesystems' };
}

/** Whether it mounts from files, which is younger than the rest, is for a trial to say where the kernel does not tell its configuration. */
function describeErofs(probe: StorageProbe): DriverSupport {
  const loaded = describeLoadedErofs(probe);
  if ('unavailable' in loaded) return loaded;
  return probe.readKernelOption('EROFS_FS_BACKED_BY_FILE') === undefined
    ? { unavailable: 'this kernel mounts erofs from devices alone, not from files (Linux 6.12 can)' }
    : loaded;
}

function describeLoadedErofs(probe: StorageProbe): DriverSupport {
  const overlay = describeKernelOverlay(probe);
  if ('unavailable' in overlay) return overlay;
  const isKnown = isInKernel(probe, 'erofs') || probe.readKernelOption('EROFS_FS') === 'm';
  return isKnown ? { detail: 'erofs mounts files' } : { unavailable: 'erofs is not in /proc/filesystems' };
}

function describeBtrfs(fileSystem: string): DriverSupport {
  return fileSystem === 'btrfs'
    ? { detail: 'the state root is on btrfs' }
    : { unavailable: `the state root is on ${fileSystem}` };
}

function describeFuse(probe: StorageProbe): DriverSupport {
  const program = probe.findCommand('fuse-overlayfs');
  if (program === undefined) return { unavailable: 'no fuse-overlayfs on PATH' };
  return probe.exists('/dev/fuse') ? { detail: program } : { unavailable: '/dev/fuse does not exist' };
}

/** The first that opens its control node loads device mapper, the first pool its target. */
function describeDeviceMapper(probe: StorageProbe): DriverSupport {
  const isThere = /\bdevice-mapper$/m.test(probe.read('/proc/misc') ?? '');
  if (!isThere && probe.readKernelOption('BLK_DEV_DM') !== 'm')
    return { unavailable: 'no device-mapper in the kernel' };
  const hasTarget =
    probe.exists('/sys/module/dm_thin_pool') || probe.readKernelOption('DM_THIN_PROVISIONING') !== undefined;
  if (!hasTarget) return { unavailable: 'device-mapper has no thin-pool target' };
  if (probe.findCommand(MKFS) === undefined) return { unavailable: `no ${MKFS} on PATH` };
  return {
    detail: isThere ? 'a thin pool in files of the state root' : 'device-mapper is a module that is not loaded',
  };
}

function isInKernel(probe: StorageProbe, name: string): boolean {
  return (probe.read('/proc/filesystems') ?? '').split('\n').some((line) => line.endsWith(`\t${name}`));
}

/** Can make files that share blocks. ioctl_ficlone(2) */
const SHARES_BLOCKS: ReadonlySet<string> = new Set(['btrfs', 'xfs', 'bcachefs']);

/** By the numbers of statfs(2), in Docker's words. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'extfs'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
  [0xf2f52010, 'f2fs'],
  [0x2fc12fc1, 'zfs'],
  [0x6969, 'nfs'],
  [0xca451a4e, 'bcachefs'],
  [0x65735546, 'fuse'],
  [0xff534d42, 'cifs'],
]);

/** Of the path, or of the nearest folder above it that is there. */
export function readFileSystem(path: string): string {
  try {
    // Some of the numbers come with a sign.
    return FILE_SYSTEMS.get(statfsSync(path).type >>> 0) ?? '<unknown>';
  } catch {
    // Not there yet.
    return dirname(path) === path ? '<unknown>' : readFileSystem(dirname(path));
  }
}
