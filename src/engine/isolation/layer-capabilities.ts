import type { HostCapability } from '../../model/host-capability.js';
import type { HostProbe } from './host-probe.js';
import { isKernelFrom } from './kernel-version.js';

/** What mounts of layers can be here, whatever the storage driver. */
export function listLayerCapabilities(probe: HostProbe): readonly HostCapability[] {
  return [
    describeLowerdirPlus(probe),
    describeFileSystem(probe, {
      name: 'erofs',
      // A file can be mounted without a loop device since then.
      from: [6, 12],
      cost: 'layers are unpacked instead of mounted as they came',
      option: 'EROFS_FS',
    }),
    describeIdMapping(probe),
  ];
}

function describeLowerdirPlus(probe: HostProbe): HostCapability {
  const base = { name: 'overlay lowerdir+', detail: `Linux ${probe.kernelRelease}`, required: false };
  if (isKernelFrom(probe, 6, 5)) return { ...base, status: 'available' };
  return { ...base, status: 'limited', cost: 'about 220 layers instead of 500' };
}

interface FileSystem {
  readonly name: string;
  readonly from: readonly [major: number, minor: number];
  readonly cost: string;
  readonly option: string;
}

function describeFileSystem(probe: HostProbe, { name, from, cost, option }: FileSystem): HostCapability {
  const isThere = isInKernel(probe, name) || probe.readKernelOption(option) === 'm';
  if (!isThere) return { name, status: 'missing', detail: 'not in /proc/filesystems', cost, required: false };
  if (isKernelFrom(probe, ...from)) return { name, status: 'available', detail: 'in the kernel', required: false };
  return {
    name,
    status: 'limited',
    detail: `Linux ${probe.kernelRelease} is older than ${from.join('.')}`,
    cost,
    required: false,
  };
}

function describeIdMapping(probe: HostProbe): HostCapability {
  const base = { name: 'id-mapped mounts', detail: `Linux ${probe.kernelRelease}`, required: false };
  // ext4 has it from 5.12 on, overlay takes such layers from 5.19 on.
  if (isKernelFrom(probe, 5, 19)) return { ...base, status: 'available' };
  return { ...base, status: 'missing', cost: 'no --userns-remap: files of images would have to be given other owners' };
}

function isInKernel(probe: HostProbe, name: string): boolean {
  return (probe.read('/proc/filesystems') ?? '').split('\n').some((line) => line.endsWith(`\t${name}`));
}
