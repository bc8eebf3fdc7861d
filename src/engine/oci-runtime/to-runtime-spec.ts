import { resolve } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { readBoundingSet, toMask, toSpecNames } from '../isolation/capabilities.js';
import { toDeviceRules } from '../isolation/devices.js';
import {
  type RuntimeSpec,
  SECCOMP_ACTIONS,
  type SeccompAction,
  type SpecDevice,
  type SpecDeviceRule,
  type SpecLinux,
  type SpecNamespace,
  type SpecProcess,
  type SpecSeccomp,
} from '../isolation/oci-spec.js';
import { checkSysctls } from '../isolation/sysctls.js';
import type { BundleConfig, BundleProcess, BundleResources, BundleSeccomp } from './bundle-config.js';
import { toMounts } from './to-mounts.js';

/** A config.json of anybody's, as the isolation has it. Throws invalid-argument and not-implemented. */
export function toRuntimeSpec(config: BundleConfig, bundle: string): RuntimeSpec {
  const namespaces = (config.linux?.namespaces ?? []).map(({ type, path }) => ({ type, ...(path && { path }) }));
  checkNamespaces(config, namespaces);
  return {
    ociVersion: config.ociVersion,
    process: toProcess(config.process),
    root: { path: resolve(bundle, config.root.path), readonly: config.root.readonly === true },
    ...selectNames(config, namespaces),
    mounts: toMounts(config.mounts ?? [], bundle),
    linux: toLinux(config.linux ?? {}, namespaces),
  };
}

function checkNamespaces({ linux, hostname, domainname }: BundleConfig, namespaces: readonly SpecNamespace[]): void {
  const has = (type: string) => namespaces.some((namespace) => namespace.type === type);
  checkSysctls(linux?.sysctl ?? {}, { ipc: has('ipc'), network: has('network'), uts: has('uts') });
  if ((hostname || domainname) && !has('uts')) {
    throw new EngineError('invalid-argument', 'unable to set hostname without a private UTS namespace');
  }
}

/** What was joined has a name. */
function selectNames(
  { hostname, domainname }: BundleConfig,
  namespaces: readonly SpecNamespace[],
): Pick<RuntimeSpec, 'hostname' | 'domainname'> {
  if (!isNew(namespaces, 'uts')) return {};
  return omitUndefined({ hostname: hostname || undefined, domainname: domainname || undefined });
}

function isNew(namespaces: readonly SpecNamespace[], type: SpecNamespace['type']): boolean {
  return namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
}

type BundleLinux = NonNullable<BundleConfig['linux']>;

function toLinux(linux: BundleLinux, namespaces: readonly SpecNamespace[]): SpecLinux {
  const { uidMappings, gidMappings } = linux;
  return {
    namespaces,
    ...(isNew(namespaces, 'user') && omitUndefined({ uidMappings, gidMappings })),
    devices: (linux.devices ?? []).filter(({ path }) => path !== MULTIPLEXER).map(toDevice),
    resources: { devices: toRules(linux.resources ?? {}) },
    ...omitUndefined({
      cgroupsPath: linux.cgroupsPath || undefined,
      rootfsPropagation: linux.rootfsPropagation || undefined,
      seccomp: linux.seccomp && toSeccomp(linux.seccomp),
      sysctl: linux.sysctl,
    }),
    maskedPaths: linux.maskedPaths ?? [],
    readonlyPaths: linux.readonlyPaths ?? [],
  };
}

/** Without capabilities in the config there are none. */
export function toProcess(process: BundleProcess): SpecProcess {
  const { user, capabilities = {}, rlimits = [] } = process;
  return {
    terminal: process.terminal === true,
    ...(process.consoleSize && { consoleSize: process.consoleSize }),
    user: {
      uid: user.uid,
      gid: user.gid,
      additionalGids: user.additionalGids ?? [],
      ...(user.umask !== undefined && { umask: user.umask }),
    },
    args: process.args,
    env: addHome(process.env ?? [], user.uid),
    cwd: process.cwd,
    capabilities: {
      bounding: keepAvailable(capabilities.bounding),
      effective: keepAvailable(capabilities.effective),
      permitted: keepAvailable(capabilities.permitted),
      inheritable: keepAvailable(capabilities.inheritable),
      // The kernel takes none that is not inheritable, and configs of runc's have some: capabilities(7).
      ambient: keepAvailable(capabilities.ambient?.filter((name) => capabilities.inheritable?.includes(name))),
    },
    rlimits,
    noNewPrivileges: process.noNewPrivileges === true,
    ...(process.oomScoreAdj !== undefined && { oomScoreAdj: process.oomScoreAdj }),
  };
}

/** Nobody can give what this process has not: callers that ask for all there are get all there are here. */
function keepAvailable(names: readonly string[] = []): readonly string[] {
  return toSpecNames(toMask(names) & readBoundingSet());
}

/** Callers such as containerd leave it to the runtime; programs do not start well without. */
function addHome(env: readonly string[], uid: number): readonly string[] {
  return env.some((variable) => variable.startsWith('HOME=')) ? env : [...env, `HOME=${uid === 0 ? '/root' : '/'}`];
}

/** A container has a multiplexer of its own; that of the host is among the nodes of callers that give all of them. */
const MULTIPLEXER = '/dev/ptmx';

type BundleDevice = NonNullable<BundleLinux['devices']>[number];

function toDevice({ type, path, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 }: BundleDevice): SpecDevice {
  // `u` is mknod(1)'s other word for a character device; some write the type into the mode.
  return { type: type === 'u' ? 'c' : type, path, major, minor, fileMode: fileMode & 0o7777, uid, gid };
}

/** Those of the config, then what every container has: config-linux.md, "Default Devices", is about nodes that can be used. */
function toRules({ devices = [] }: BundleResources): readonly SpecDeviceRule[] {
  const any = (number: number | undefined) => (number === undefined || number < 0 ? undefined : number);
  const own = devices.map(({ allow, type, major, minor, access }) => ({
    allow,
    access: access || 'rwm',
    ...omitUndefined({ type: type || undefined, major: any(major), minor: any(minor) }),
  }));
  const defaults = toDeviceRules([], [], false).filter(({ allow }) => allow);
  return [...own, ...defaults];
}

const NATIVE: Readonly<Record<string, string>> = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

function toSeccomp({ defaultAction, defaultErrnoRet, architectures = [], syscalls = [] }: BundleSeccomp): SpecSeccomp {
  const native = NATIVE[process.arch] ?? '';
  return {
    defaultAction: toAction(defaultAction),
    ...(defaultErrnoRet !== undefined && { defaultErrnoRet }),
    // Whatever is listed, calls of the machine itself are meant too.
    architectures: architectures.includes(native) ? architectures : [native, ...architectures],
    syscalls: syscalls.map(({ names, action, errnoRet, args = [] }) => ({
      names,
      action: toAction(action),
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args.length > 0 && { args: args.map((arg) => ({ ...arg, valueTwo: arg.valueTwo ?? 0 })) }),
    })),
  };
}

function toAction(name: string): SeccompAction {
  const action = SECCOMP_ACTIONS.find((known) => known === name);
  if (action !== undefined) return action;
  throw new EngineError('not-implemented', `the seccomp action ${name} is not supported by this runtime`);
}
