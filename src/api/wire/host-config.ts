import type { Container } from '../../model/container.js';
import type {
  ContainerConfig,
  LogConfig,
  MountConfig,
  NamespaceModes,
  RestartPolicy,
  SecurityConfig,
} from '../../model/container-config.js';
import type { DeviceRate, DeviceWeight, Limits } from '../../model/limits.js';
import { isPredefinedName } from '../../model/network-names.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { toWireBinds, toWireMountOptions, toWireTmpfs } from './mount.js';

/** Docker Engine API 1.51, HostConfig: what of a container belongs to the host. */
export interface WireHostConfig {
  readonly [key: string]: unknown;
  readonly Memory: number;
  readonly NanoCpus: number;
  readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
  readonly NetworkMode: string;
  readonly AutoRemove: boolean;
  readonly Privileged: boolean;
}

export function toWireHostConfig(container: Container): WireHostConfig {
  const { config, limits } = container;
  return {
    ...toWireMountSettings(config.mounts ?? []),
    ContainerIDFile: '',
    LogConfig: toWireLog(config.log),
    ...toWireNamespaces(config.namespaces ?? {}),
    PortBindings: toPortBindings(config),
    RestartPolicy: toWireRestartPolicy(config.restartPolicy),
    AutoRemove: config.autoRemove ?? false,
    VolumeDriver: '',
    VolumesFrom: config.volumesFrom ?? null,
    ConsoleSize: toConsoleSize(config),
    ...toWireNames(config),
    Links: toWireLinks(container),
    OomScoreAdj: config.oomScoreAdj ?? 0,
    PublishAllPorts: config.publishAll ?? false,
    ...toWireSecurity(config.security ?? {}),
    ...toWirePaths(container),
    ShmSize: config.shmSizeBytes ?? 64 * 1024 * 1024,
    ...(config.sysctls === undefined ? {} : { Sysctls: config.sysctls }),
    ...(config.annotations === undefined ? {} : { Annotations: config.annotations }),
    Runtime: 'gantry',
    Isolation: '',
    CgroupParent: config.cgroupParent ?? '',
    ...toWireResources(limits),
    Devices: (config.devices ?? []).map((device) => ({
      PathOnHost: device.hostPath,
      PathInContainer: device.containerPath,
      CgroupPermissions: device.permissions,
    })),
    DeviceCgroupRules: config.deviceCgroupRules ?? null,
    DeviceRequests: null,
    Ulimits: (config.ulimits ?? []).map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    ...(config.init === undefined ? {} : { Init: config.init }),
  };
}

function toConsoleSize({ terminal }: ContainerConfig): readonly [rows: number, columns: number] {
  return [terminal?.rows ?? 0, terminal?.columns ?? 0];
}

export function toWireMountSettings(mounts: readonly MountConfig[]): object {
  return omitUndefined({ Binds: toWireBinds(mounts), Tmpfs: toWireTmpfs(mounts), Mounts: toWireMountOptions(mounts) });
}

/** Empty lists for a privileged container; absent where the endpoint does not tell. */
function toWirePaths({ maskedPaths, readonlyPaths, config: { security } }: Container): Record<string, unknown> {
  return {
    MaskedPaths: maskedPaths ?? security?.maskedPaths ?? null,
    ReadonlyPaths: readonlyPaths ?? security?.readonlyPaths ?? null,
  };
}

function toWireNames(config: ContainerConfig): Record<string, unknown> {
  return {
    Dns: config.dns ?? [],
    DnsOptions: config.dnsOptions ?? [],
    DnsSearch: config.dnsSearch ?? [],
    ExtraHosts: config.extraHosts ?? null,
    GroupAdd: config.groupAdd ?? null,
  };
}

/** Of the default network: `/NAME:/OWN-NAME/ALIAS`. Those of other networks belong to the endpoint. */
function toWireLinks({ name, config }: Container): readonly string[] | null {
  const attached = (config.networks ?? []).filter(({ network }) => isPredefinedName(network));
  const links = attached.flatMap((attachment) => attachment.links ?? []).map((text) => text.split(':'));
  return links.length === 0 ? null : links.map(([target = '', alias = target]) => `/${target}:/${name}/${alias}`);
}

/** The part of HostConfig that `update` changes: Docker's Resources. */
export function toWireResources(
  limits: Limits,
): { readonly Memory: number; readonly NanoCpus: number } & Record<string, unknown> {
  const swap = limits.memorySwapBytes;
  return {
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memoryBytes ?? 0,
    NanoCpus: limits.nanoCpus ?? 0,
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: toWireWeights(limits.blkioWeightDevices),
    BlkioDeviceReadBps: toWireRates(limits.deviceReadBps),
    BlkioDeviceWriteBps: toWireRates(limits.deviceWriteBps),
    BlkioDeviceReadIOps: toWireRates(limits.deviceReadIops),
    BlkioDeviceWriteIOps: toWireRates(limits.deviceWriteIops),
    ...toWireCpuTimes(limits),
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    MemoryReservation: limits.memoryReservationBytes ?? 0,
    MemorySwap: swap === 'unlimited' ? -1 : (swap ?? (limits.memoryBytes ?? 0) * 2),
    MemorySwappiness: limits.memorySwappiness ?? null,
    OomKillDisable: limits.oomKillDisable ?? false,
    PidsLimit: limits.pidsMax ?? null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function toWireCpuTimes({ cpuPeriodUs = 0, cpuQuotaUs = 0, cpuRtPeriodUs = 0, cpuRtRuntimeUs = 0 }: Limits) {
  return {
    CpuPeriod: cpuPeriodUs,
    CpuQuota: cpuQuotaUs,
    CpuRealtimePeriod: cpuRtPeriodUs,
    CpuRealtimeRuntime: cpuRtRuntimeUs,
  };
}

function toWireRates(rates: readonly DeviceRate[] = []): readonly { readonly Path: string; readonly Rate: number }[] {
  return rates.map(({ path, rate }) => ({ Path: path, Rate: rate }));
}

function toWireWeights(weights: readonly DeviceWeight[] = []) {
  return weights.map(({ path, weight }) => ({ Path: path, Weight: weight }));
}

function toWireNamespaces(modes: NamespaceModes): Record<string, string> & { readonly NetworkMode: string } {
  const shared = (mode: string | undefined) => (mode === undefined || mode === 'private' ? '' : mode);
  return {
    NetworkMode: modes.network === undefined || modes.network === 'default' ? 'bridge' : modes.network,
    PidMode: shared(modes.pid),
    IpcMode: modes.ipc ?? 'private',
    UTSMode: shared(modes.uts),
    UsernsMode: modes.user ?? '',
    CgroupnsMode: modes.cgroup ?? 'private',
    Cgroup: '',
  };
}

export function toWireRestartPolicy(policy: RestartPolicy | undefined): WireHostConfig['RestartPolicy'] {
  return {
    Name: policy?.name ?? 'no',
    MaximumRetryCount: policy?.name === 'on-failure' ? (policy.maxRetries ?? 0) : 0,
  };
}

export function toWireLog(log: LogConfig | undefined): unknown {
  const size = log?.maxSizeBytes === undefined ? {} : { 'max-size': String(log.maxSizeBytes) };
  const files = log?.maxFiles === undefined ? {} : { 'max-file': String(log.maxFiles) };
  return { Type: log?.driver ?? 'json-file', Config: { ...size, ...files } };
}

export function toWireSecurity(security: SecurityConfig): Record<string, unknown> & { readonly Privileged: boolean } {
  const options = [
    ...(security.noNewPrivileges === true ? ['no-new-privileges'] : []),
    ...(security.seccomp === undefined ? [] : [`seccomp=${security.seccomp}`]),
  ];
  return {
    CapAdd: security.capAdd ?? null,
    CapDrop: security.capDrop ?? null,
    Privileged: security.privileged ?? false,
    ReadonlyRootfs: security.readOnlyRootfs ?? false,
    SecurityOpt: options.length === 0 ? null : options,
  };
}

export function toPortBindings(config: ContainerConfig): Record<string, readonly unknown[]> {
  const bindings: Record<string, unknown[]> = {};
  for (const { containerPort, protocol, hostIp, hostPort, hostPortEnd } of config.ports ?? []) {
    const key = `${containerPort}/${protocol}`;
    const range = [hostPort, hostPortEnd].filter((port) => port !== undefined);
    const binding = { HostIp: hostIp ?? '', HostPort: range.join('-') };
    bindings[key] = [...(bindings[key] ?? []), binding];
  }
  return bindings;
}
