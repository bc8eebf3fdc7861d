import type { EngineInfo, EngineSettings } from '../../engine/engine.js';
import type { HostCapability } from '../../model/host-capability.js';
import type { WireInfo } from './system.js';
import { toWireTime } from './time.js';

const LOOPBACK = ['::1/128', '127.0.0.0/8'];
const HUB = 'docker.io';
/** Drivers that Docker has too, under its names. */
const PLUGINS = {
  Volume: ['local'],
  Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'],
  Authorization: null,
  Log: ['json-file', 'none'],
};
const NO_SWARM = {
  ...{ NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
};
const NO_SETTINGS: EngineSettings = {
  ...{ insecureRegistries: [], registryMirrors: [], httpProxy: '', httpsProxy: '', noProxy: '' },
  ...{ isRemapped: false, isDebug: false, labels: [], warnings: [] },
};

export interface DaemonInfoSources {
  readonly wire: WireInfo;
  readonly info: EngineInfo;
  readonly settings: EngineSettings | undefined;
  readonly capabilities: readonly HostCapability[];
  readonly nowMs: number;
}

/** The whole answer of `GET /info`: Docker Engine API 1.51, SystemInfo. What is of containerd and runc is empty. */
export function toWireDaemonInfo({ wire, info, capabilities, nowMs, ...sources }: DaemonInfoSources): object {
  const { settings = NO_SETTINGS } = sources;
  const has = (name: string): boolean =>
    capabilities.some((capability) => capability.name === name && capability.status !== 'missing');
  const warnings = [...settings.warnings, ...listMissing(has)].map((text) => `WARNING: ${text}`);
  return {
    ...wire,
    Plugins: PLUGINS,
    ...toLimits(has, info.cgroupVersion),
    ...{ IPv4Forwarding: true, Debug: settings.isDebug, NFd: 0, NGoroutines: 0, NEventsListener: 0 },
    SystemTime: toWireTime(nowMs),
    OSVersion: '',
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: toRegistryConfig(settings),
    GenericResources: null,
    HttpProxy: settings.httpProxy,
    HttpsProxy: settings.httpsProxy,
    NoProxy: settings.noProxy,
    Labels: settings.labels,
    ExperimentalBuild: false,
    Runtimes: { gantry: { path: 'gantry-init' } },
    DefaultRuntime: 'gantry',
    Swarm: NO_SWARM,
    // Containers run on without whoever serves this.
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'gantry-init',
    ...{ ContainerdCommit: { ID: '' }, RuncCommit: { ID: '' }, InitCommit: { ID: '' } },
    SecurityOptions: listSecurity(has, info, settings),
    CDISpecDirs: [],
    Warnings: warnings.length === 0 ? null : warnings,
  };
}

type Has = (name: string) => boolean;

function toLimits(has: Has, cgroupVersion: EngineInfo['cgroupVersion']): object {
  const [memory, cpu] = [has('cgroup memory'), has('cgroup cpu')];
  return {
    ...{ MemoryLimit: memory, SwapLimit: has('cgroup swap'), KernelMemoryTCP: false },
    ...{ CpuCfsPeriod: cpu, CpuCfsQuota: cpu, CPUShares: cpu, CPUSet: has('cgroup cpuset') },
    ...{ PidsLimit: has('cgroup pids'), OomKillDisable: memory && cgroupVersion === 1 },
  };
}

/** In Docker's words. */
function listMissing(has: Has): readonly string[] {
  const features = [
    ['cgroup memory', 'No memory limit support'],
    ['cgroup swap', 'No swap limit support'],
    ['cgroup cpu', 'No cpu cfs quota support'],
    ['cgroup cpuset', 'No cpuset support'],
    ['cgroup pids', 'No pids limit support'],
  ] as const;
  return features.flatMap(([name, text]) => (has(name) ? [] : [text]));
}

function listSecurity(has: Has, { rootless }: EngineInfo, { isRemapped }: EngineSettings): readonly string[] {
  return [
    ...(has('seccomp filter') ? ['name=seccomp,profile=builtin'] : []),
    ...(isRemapped ? ['name=userns'] : []),
    ...(rootless ? ['name=rootless'] : []),
    ...(has('namespace cgroup') ? ['name=cgroupns'] : []),
  ];
}

function toRegistryConfig({ insecureRegistries, registryMirrors }: EngineSettings): object {
  const isRange = (text: string): boolean => text.includes('/');
  const hosts = insecureRegistries.filter((text) => !isRange(text));
  const insecure = hosts.map((name) => [name, { Mirrors: [], Name: name, Official: false, Secure: false }] as const);
  return {
    InsecureRegistryCIDRs: [...LOOPBACK, ...insecureRegistries.filter(isRange)],
    IndexConfigs: {
      [HUB]: { Mirrors: registryMirrors, Name: HUB, Official: true, Secure: true },
      ...Object.fromEntries(insecure),
    },
    Mirrors: registryMirrors,
  };
}
