import { existsSync, readFileSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { BundleConfig, BundleProcess, BundleResources } from './bundle-config.js';

/** What of a host decides whether a label is an error or nothing. */
export interface HostLabels {
  readonly apparmor: boolean;
  readonly selinux: boolean;
}

export function readHostLabels(): HostLabels {
  const apparmor = '/sys/module/apparmor/parameters/enabled';
  return {
    apparmor: existsSync(apparmor) && readFileSync(apparmor, 'utf8').startsWith('Y'),
    selinux: existsSync('/sys/fs/selinux/enforce'),
  };
}

/** Throws not-implemented for the first thing that a config asks for and the isolation has not: nothing is ignored. */
export function refuseConfig(config: BundleConfig, labels: HostLabels): void {
  const { linux = {}, hooks = {}, mounts = [] } = config;
  const namespaces = linux.namespaces ?? [];
  refuseProcess(config.process, labels);
  refuseResources(linux.resources ?? {});
  refuse('hooks.createContainer', hooks.createContainer?.length);
  refuse('linux.intelRdt', asks(linux.intelRdt));
  refuse('linux.memoryPolicy', asks(linux.memoryPolicy));
  refuse('linux.netDevices', asks(linux.netDevices));
  refuse('linux.timeOffsets', asks(linux.timeOffsets));
  refuse('linux.mountLabel', labels.selinux && linux.mountLabel);
  const { domain = 'LINUX', flags = [] } = linux.personality ?? {};
  refuse(`linux.personality ${domain}`, domain !== 'LINUX' || flags.length > 0);
  refuse(
    'idmap mounts (mounts.uidMappings)',
    mounts.some((mount) => asks(mount.uidMappings) || asks(mount.gidMappings)),
  );
  refuse(
    'linux.namespaces without a new mount namespace',
    !namespaces.some(({ type, path }) => type === 'mount' && !path),
  );
  refuse('linux.seccomp.listenerPath', linux.seccomp?.listenerPath);
  // One thread has nothing to be in step with.
  const flag = linux.seccomp?.flags?.find((name) => name !== 'SECCOMP_FILTER_FLAG_TSYNC');
  refuse(`linux.seccomp.flags ${flag}`, flag);
}

export function refuseProcess(process: BundleProcess, labels: HostLabels): void {
  refuse(
    'process.apparmorProfile',
    labels.apparmor && process.apparmorProfile && process.apparmorProfile !== 'unconfined',
  );
  refuse('process.selinuxLabel', labels.selinux && process.selinuxLabel);
  refuse('process.ioPriority', asks(process.ioPriority));
  refuse('process.scheduler', asks(process.scheduler));
  refuse('process.execCPUAffinity', asks(process.execCPUAffinity));
}

export function refuseResources({ cpu, blockIO, ...resources }: BundleResources): void {
  refuse('linux.resources.cpu.burst', cpu?.burst);
  refuse('linux.resources.cpu.idle', cpu?.idle);
  refuse('linux.resources.blockIO.leafWeight', blockIO?.leafWeight);
  refuse(
    'linux.resources.blockIO.weightDevice.leafWeight',
    blockIO?.weightDevice?.some(({ leafWeight }) => leafWeight),
  );
  refuse('linux.resources.hugepageLimits', asks(resources.hugepageLimits));
  refuse('linux.resources.network', asks(resources.network));
  refuse('linux.resources.rdma', asks(resources.rdma));
  refuse('linux.resources.unified', asks(resources.unified));
}

function refuse(what: string, isAsked: unknown): void {
  if (isAsked) throw new EngineError('not-implemented', `${what} is not supported by this runtime`);
}

/** An empty list or object asks for nothing, nor does one of such. */
function asks(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined && value !== 0 && value !== '';
  return Object.values(value).some(asks);
}
