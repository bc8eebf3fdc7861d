import type { ContainerUpdate } from '../../engine/engine.js';
import type { ContainerConfig, NetworkAttachment, NetworkMode } from '../../model/container-config.js';
import type { Limits } from '../../model/limits.js';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { toWireHealthcheck } from './container.js';
import { toWireEnvironment } from './environment.js';
import {
  toPortBindings,
  toWireLog,
  toWireMountSettings,
  toWireResources,
  toWireRestartPolicy,
  toWireSecurity,
} from './host-config.js';

/**
 * The body of `POST /containers/create`: the other direction of from-container-create.ts. What was not asked for is left out, so that the
 * endpoint's own defaults hold. `networks`: those to be in from the beginning.
 */
export function toWireContainerCreate(config: ContainerConfig, networks: readonly NetworkAttachment[]): object {
  const ports = [
    ...(config.exposedPorts ?? []),
    ...(config.ports ?? []).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
  ];
  const own = (config.mounts ?? []).filter(
    (mount) => mount.type === 'volume' && mount.source === undefined && mount.isMountOption !== true,
  );
  return omitUndefined({
    Image: config.image,
    ...toProgram(config),
    ExposedPorts: toSet(ports),
    Volumes: toSet(own.map(({ target }) => target)),
    MacAddress: networks[0]?.macAddress,
    HostConfig: toHostConfig(config, networks),
    NetworkingConfig:
      networks.length === 0
        ? undefined
        : {
            EndpointsConfig: Object.fromEntries(
              networks.map((one) => [toName(one.network), toWireEndpointConfig(one)]),
            ),
          },
  });
}

function toProgram(config: ContainerConfig): object {
  const { entrypoint, stopTimeoutMs } = config;
  return {
    Cmd: config.command,
    // An empty list would be the image's.
    Entrypoint: entrypoint?.length === 0 ? [''] : entrypoint,
    Env: nonEmpty(toWireEnvironment(config)),
    WorkingDir: config.workingDir,
    User: config.user,
    Hostname: config.hostname,
    Domainname: config.domainname,
    Labels: config.labels,
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    AttachStdin: config.stdinOnce,
    StopSignal: config.stopSignal,
    StopTimeout: stopTimeoutMs === undefined ? undefined : Math.round(stopTimeoutMs / 1000),
    ...toWireHealthcheck(config.healthcheck),
  };
}

function toHostConfig(config: ContainerConfig, [first]: readonly NetworkAttachment[]): object {
  const { namespaces = {}, terminal, devices, ulimits } = config;
  return omitUndefined({
    ...toWireMountSettings(config.mounts ?? []),
    ...toResources(config.limits ?? {}),
    ...toSecurity(config),
    LogConfig: config.log && toWireLog(config.log),
    RestartPolicy: config.restartPolicy && toWireRestartPolicy(config.restartPolicy),
    AutoRemove: config.autoRemove,
    PortBindings: config.ports && toPortBindings(config),
    PublishAllPorts: config.publishAll,
    VolumesFrom: config.volumesFrom,
    VolumeDriver: config.mounts?.flatMap((mount) => (mount.type === 'volume' ? [mount.driver] : [])).find(Boolean),
    NetworkMode: toName(namespaces.network ?? first?.network ?? 'default'),
    PidMode: namespaces.pid === 'private' ? undefined : namespaces.pid,
    IpcMode: namespaces.ipc,
    UTSMode: namespaces.uts === 'private' ? undefined : namespaces.uts,
    // Whether it remaps is a setting of the daemon.
    UsernsMode: namespaces.user === 'remap' ? undefined : namespaces.user,
    CgroupnsMode: namespaces.cgroup,
    Links: nonEmpty(first?.network === 'default' ? (first.links ?? []) : []),
    Dns: config.dns,
    DnsSearch: config.dnsSearch,
    DnsOptions: config.dnsOptions,
    ExtraHosts: config.extraHosts,
    GroupAdd: config.groupAdd,
    OomScoreAdj: config.oomScoreAdj,
    ShmSize: config.shmSizeBytes,
    Sysctls: config.sysctls,
    Annotations: config.annotations,
    Init: config.init,
    CgroupParent: config.cgroupParent,
    Devices: devices?.map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: config.deviceCgroupRules,
    Ulimits: ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    ConsoleSize: terminal && [terminal.rows, terminal.columns],
  });
}

/** Swap that was not asked for is the endpoint's to choose. */
function toResources(limits: Limits): object {
  if (Object.keys(limits).length === 0) return {};
  const { MemorySwap: swap, ...rest } = toWireResources(limits);
  return limits.memorySwapBytes === undefined ? rest : { ...rest, MemorySwap: swap };
}

/** The profile `default` is what there is without a word. */
function toSecurity({ security }: ContainerConfig): object {
  if (security === undefined) return {};
  const { seccomp, ...rest } = security;
  return omitUndefined({
    ...toWireSecurity(seccomp === undefined || seccomp === 'default' ? rest : security),
    MaskedPaths: security.maskedPaths,
    ReadonlyPaths: security.readonlyPaths,
  });
}

/** What a container asks of a network: EndpointSettings. */
export function toWireEndpointConfig(attachment: Omit<NetworkAttachment, 'network'>): object {
  const { ipAddress, ip6Address, linkLocalIps } = attachment;
  const asked = omitUndefined({ IPv4Address: ipAddress, IPv6Address: ip6Address, LinkLocalIPs: linkLocalIps });
  return omitUndefined({
    IPAMConfig: Object.keys(asked).length === 0 ? undefined : asked,
    Aliases: attachment.aliases,
    Links: attachment.links,
    MacAddress: attachment.macAddress,
    DriverOpts: attachment.driverOptions,
    GwPriority: attachment.gatewayPriority,
  });
}

function toName(mode: NetworkMode): string {
  return mode === 'default' ? DEFAULT_NETWORK : mode;
}

function toSet(names: readonly string[]): Readonly<Record<string, object>> | undefined {
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, {}]));
}

/** What lifts a limit: below 0, which is how Docker's own client says it. */
const LIFTED = -1;

/** The body of `POST /containers/{id}/update`: what is 0 or absent stays as it is. */
export function toWireUpdate({ limits = {}, restartPolicy }: ContainerUpdate): object {
  const value = (limit: number | null | undefined) => (limit === null ? LIFTED : limit);
  const swap = limits.memorySwapBytes;
  return omitUndefined({
    Memory: value(limits.memoryBytes),
    MemorySwap: swap === 'unlimited' ? LIFTED : value(swap),
    MemoryReservation: value(limits.memoryReservationBytes),
    NanoCpus: value(limits.nanoCpus),
    CpuPeriod: value(limits.cpuPeriodUs),
    CpuQuota: value(limits.cpuQuotaUs),
    CpuRealtimePeriod: value(limits.cpuRtPeriodUs),
    CpuRealtimeRuntime: value(limits.cpuRtRuntimeUs),
    CpuShares: value(limits.cpuShares),
    CpusetCpus: limits.cpusetCpus ?? undefined,
    CpusetMems: limits.cpusetMems ?? undefined,
    PidsLimit: value(limits.pidsMax),
    BlkioWeight: value(limits.blkioWeight),
    RestartPolicy: restartPolicy && toWireRestartPolicy(restartPolicy),
  });
}
