import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { EngineError } from '../../../model/errors.js';
import { type KernelFiles, kernelFiles } from '../../../platform/kernel-file.js';
import { isInUserNamespace } from '../../../platform/proc.js';
import { type CgroupLayout, detectCgroups } from './detect.js';
import type { CgroupDriver } from './driver.js';
import { makeV1Driver } from './v1-driver.js';
import { makeV2Driver } from './v2-driver.js';

export interface CgroupDriverOptions {
  /** Below each hierarchy's base; engines with different roots have different parents. Default `/gantry`. */
  readonly parent?: string;
  /** Another tree than this host's. */
  readonly layout?: CgroupLayout;
  readonly files?: KernelFiles;
  readonly cpus?: number;
  /** Overrides how a block device's numbers are found. */
  readonly toMajorMinor?: (path: string) => string;
}

/** The driver for what is mounted here. Throws unavailable where there are no cgroups. */
export function openCgroupDriver(options: CgroupDriverOptions = {}): CgroupDriver {
  const layout = options.layout ?? readHostCgroups();
  if (layout === undefined) {
    throw new EngineError('unavailable', 'no cgroup file system is mounted: limits and statistics need one');
  }
  const context = {
    files: options.files ?? kernelFiles,
    layout,
    parent: options.parent ?? '/gantry',
    cpus: options.cpus ?? cpus().length,
    isInUserNamespace: isInUserNamespace(),
    toMajorMinor: options.toMajorMinor ?? readMajorMinor,
    readSwapFreeBytes,
  };
  return layout.mode === 'v2' ? makeV2Driver(context) : makeV1Driver(context);
}

/** What this process sees of the host's cgroups. */
export function readHostCgroups(): CgroupLayout | undefined {
  return detectCgroups({
    mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    selfCgroup: readFileSync('/proc/self/cgroup', 'utf8'),
    isWritable,
    readControllers: (mountPoint) => kernelFiles.readIfThere(`${mountPoint}/cgroup.controllers`) ?? '',
  });
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    // Read-only or not ours; either way groups go elsewhere.
    return false;
  }
}

/** Numbers of a device node, as makedev(3) packs them. */
function readMajorMinor(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isBlockDevice()) {
    throw new EngineError('invalid-argument', `${path} is no block device`);
  }
  const major = ((stat.rdev >> 8) & 0xfff) | 0;
  const minor = (stat.rdev & 0xff) | ((stat.rdev >> 12) & 0xfff00);
  return `${major}:${minor}`;
}

function readSwapFreeBytes(): number {
  const match = /^SwapFree:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}
