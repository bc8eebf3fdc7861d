import type { ContainerConfig } from '../../model/container-config.js';
import type { IdMapping } from '../../model/namespace.js';
import { namesOfCapabilities } from '../isolation/capabilities.js';
import { toDeviceRules } from '../isolation/devices.js';
import type { HostFacts } from '../isolation/host-facts.js';
import { DEFAULT_READONLY_PATHS, defaultMaskedPaths } from '../isolation/masked-paths.js';
import { requiredPropagation } from '../isolation/mounts.js';
import type { RuntimeSpec, SpecIdMapping, SpecNamespace, SpecSeccomp } from '../isolation/oci-spec.js';
import { defaultSeccomp } from '../isolation/seccomp-default.js';
import { parseSeccompProfile } from '../isolation/seccomp-profile.js';
import { checkSysctls } from '../isolation/sysctls.js';
import type { RuntimeSpecInput } from './runtime-spec-input.js';
import { selectMounts } from './spec-mounts.js';
import { ownNamespaces, selectNamespaces } from './spec-namespaces.js';
import { containerCapabilities, toSpecProcess } from './spec-process.js';

/** Docker's: any port may be bound by any user, and any group may send pings; the network is the container's own. */
const NETWORK_SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

/**
 * The OCI runtime spec of a container: moby daemon/oci_linux.go gives the defaults. Throws invalid-argument or conflict where
 * the config asks for what cannot be.
 */
export function makeRuntimeSpec(input: RuntimeSpecInput): RuntimeSpec {
  const { config, host, idMaps } = input;
  const namespaces = selectNamespaces(config, input.donors, idMaps !== undefined);
  const hasOwnUts = namespaces.some(({ type }) => type === 'uts');
  const seccomp = selectSeccomp(config, host);
  const propagation = requiredPropagation(input.binds);
  const joinsUser = namespaces.some(({ type, path }) => type === 'user' && path !== undefined);
  return {
    ociVersion: '1.0.2',
    process: toSpecProcess({ ...input, availableCapabilities: host.capabilities }),
    root: { path: input.rootPath, readonly: config.security?.readOnlyRootfs === true },
    ...(hasOwnUts && { hostname: input.hostname }),
    ...(hasOwnUts && config.domainname !== undefined && { domainname: config.domainname }),
    ...(config.annotations && { annotations: config.annotations }),
    mounts: selectMounts(input),
    linux: {
      namespaces,
      ...(idMaps && !joinsUser && { uidMappings: toMappings(idMaps.uids), gidMappings: toMappings(idMaps.gids) }),
      devices: input.devices.map(({ device }) => device),
      resources: {
        devices: toDeviceRules(input.devices, config.deviceCgroupRules ?? [], config.security?.privileged === true),
      },
      ...(input.cgroupsPath !== undefined && { cgroupsPath: input.cgroupsPath }),
      ...(propagation !== undefined && { rootfsPropagation: propagation }),
      ...(seccomp && { seccomp }),
      sysctl: selectSysctls(input, namespaces),
      ...selectPaths(config, host),
    },
  };
}

/** `undefined`: unconfined. A privileged container is, unless it is given a profile. */
function selectSeccomp(config: ContainerConfig, host: HostFacts): SpecSeccomp | undefined {
  const choice = config.security?.seccomp ?? (config.security?.privileged ? 'unconfined' : 'default');
  if (choice === 'unconfined') {
    return undefined;
  }
  const capabilities = new Set(namesOfCapabilities(containerCapabilities(config, host.capabilities)));
  return choice === 'default'
    ? defaultSeccomp(capabilities, host.architecture)
    : parseSeccompProfile(choice, { capabilities, architecture: host.architecture, kernel: host.kernel });
}

/** Hidden from the container, and read-only for it. */
export function selectPaths(config: ContainerConfig, host: Pick<HostFacts, 'throttlePaths'>) {
  const { privileged = false, maskedPaths, readonlyPaths } = config.security ?? {};
  return {
    maskedPaths: privileged ? [] : (maskedPaths ?? defaultMaskedPaths(host.throttlePaths)),
    readonlyPaths: privileged ? [] : (readonlyPaths ?? DEFAULT_READONLY_PATHS),
  };
}

function selectSysctls(
  { config, host, idMaps }: RuntimeSpecInput,
  namespaces: readonly SpecNamespace[],
): Readonly<Record<string, string>> {
  const asked = config.sysctls ?? {};
  checkSysctls(asked, ownNamespaces(namespaces));
  const makesNetwork = namespaces.some(({ type, path }) => type === 'network' && path === undefined);
  // In a user namespace the kernel takes no group of the host for pings.
  const defaults = makesNetwork
    ? host.networkSysctls.filter((name) => name in NETWORK_SYSCTLS && !(idMaps && name.endsWith('ping_group_range')))
    : [];
  return { ...Object.fromEntries(defaults.map((name) => [name, NETWORK_SYSCTLS[name] ?? ''])), ...asked };
}

function toMappings(map: readonly IdMapping[]): readonly SpecIdMapping[] {
  return map.map(({ insideId, outsideId, count }) => ({ containerID: insideId, hostID: outsideId, size: count }));
}
