import type { Container, ContainerState, Health } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import { hasProcess } from '../../model/container-state.js';
import type { Image } from '../../model/image.js';
import type { Volume } from '../../model/volume.js';
import { toWireEnvironment } from './environment.js';
import { toWireHostConfig, type WireHostConfig } from './host-config.js';
import { toWireMounts, type WireMount } from './mount.js';
import { toWireNetworkSettings, type WireNetworkSettings } from './network-settings.js';
import { toWireTime, ZERO_TIME } from './time.js';

/** The answer of `GET /containers/{id}/json` and of `docker inspect`: Docker Engine API 1.51, ContainerInspectResponse. */
export interface WireContainer {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: WireContainerState;
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: readonly string[] | null;
  readonly HostConfig: WireHostConfig;
  readonly GraphDriver: WireGraphDriver;
  readonly Mounts: readonly WireMount[];
  readonly Config: WireContainerConfig;
  readonly NetworkSettings: WireNetworkSettings;
}

/** Where the files are. The root is mounted for the container alone: `MergedDir` is how the host reaches it while it runs. */
export interface WireGraphDriver {
  readonly Name: string;
  readonly Data: Readonly<Record<string, string>> | null;
}

export interface WireContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: WireHealth;
}

export interface WireHealth {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly {
    readonly Start: string;
    readonly End: string;
    readonly ExitCode: number;
    readonly Output: string;
  }[];
}

export interface WireContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: WireHealthcheck;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
}

export interface WireHealthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** What Docker's JSON of a container takes from elsewhere. */
export interface WireContainerSources {
  /** Absent where it has been removed. */
  readonly image: Image | undefined;
  readonly volumes: readonly Volume[];
  readonly storageDriver: string;
}

/** A container in Docker's words. */
export function toWireContainer(container: Container, sources: WireContainerSources): WireContainer {
  const { image, volumes, storageDriver } = sources;
  const { process, paths } = container;
  return {
    Id: container.id,
    Created: toWireTime(container.createdAtMs),
    Path: process.path,
    Args: process.args,
    State: toWireState(container.state),
    Image: container.imageId,
    ResolvConfPath: paths?.resolvConf ?? '',
    HostnamePath: paths?.hostname ?? '',
    HostsPath: paths?.hosts ?? '',
    LogPath: paths?.log ?? '',
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: container.paths?.layers?.driver ?? storageDriver,
    Platform: image?.platform.os ?? 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: container.execIds === undefined || container.execIds.length === 0 ? null : container.execIds,
    HostConfig: toWireHostConfig(container),
    GraphDriver: { Name: container.paths?.layers?.driver ?? storageDriver, Data: toWireLayers(container) },
    Mounts: toWireMounts(container, volumes),
    Config: toWireConfig(container, image),
    NetworkSettings: toWireNetworkSettings(container),
  };
}

function toWireLayers({ paths, state }: Container): WireGraphDriver['Data'] {
  // Of a root that is one folder Docker tells nothing.
  if (paths?.layers === undefined || paths.layers.lowers.length === 0) {
    return null;
  }
  const { lowers, upper, work } = paths.layers;
  const merged = hasProcess(state) ? { MergedDir: `/proc/${state.init.pid}/root` } : {};
  return { LowerDir: lowers.join(':'), ...merged, UpperDir: upper, WorkDir: work };
}

const NOT_RUNNING: WireContainerState = {
  Status: 'created',
  Running: false,
  Paused: false,
  Restarting: false,
  OOMKilled: false,
  Dead: false,
  Pid: 0,
  ExitCode: 0,
  Error: '',
  StartedAt: ZERO_TIME,
  FinishedAt: ZERO_TIME,
};

/** Docker's seven booleans of the one tag. */
export function toWireState(state: ContainerState): WireContainerState {
  const common = { ...NOT_RUNNING, Status: state.status };
  switch (state.status) {
    case 'created':
    case 'removing':
      return common;
    case 'running':
    case 'paused':
      return {
        ...common,
        Running: true,
        Paused: state.status === 'paused',
        Pid: state.init.pid,
        StartedAt: toWireTime(state.startedAtMs),
        ...(state.health === undefined ? {} : { Health: toWireHealth(state.health) }),
      };
    case 'restarting':
      return {
        ...common,
        Running: true,
        Restarting: true,
        ExitCode: state.lastExitCode,
        StartedAt: toWireTime(state.startedAtMs),
        FinishedAt: toWireTime(state.finishedAtMs),
      };
    case 'exited':
      return {
        ...common,
        OOMKilled: state.oomKilled,
        ExitCode: state.exitCode,
        Error: state.error ?? '',
        StartedAt: toWireTime(state.startedAtMs),
        FinishedAt: toWireTime(state.finishedAtMs),
      };
    case 'dead':
      return { ...common, Dead: true, Error: state.reason };
  }
}

function toWireHealth(health: Health): WireHealth {
  return {
    Status: health.status,
    FailingStreak: health.failingStreak,
    Log: health.log.map((probe) => ({
      Start: toWireTime(probe.startedAtMs),
      End: toWireTime(probe.finishedAtMs),
      ExitCode: probe.exitCode,
      Output: probe.output,
    })),
  };
}

function toWireConfig(container: Container, image: Image | undefined): WireContainerConfig {
  const { config, process } = container;
  return {
    Hostname: config.hostname ?? container.id.slice(0, 12),
    Domainname: config.domainname ?? '',
    User: process.user,
    AttachStdin: config.stdinOnce ?? false,
    AttachStdout: config.stdinOnce ?? false,
    AttachStderr: config.stdinOnce ?? false,
    ...toExposedPorts(config, image),
    Tty: config.tty ?? false,
    OpenStdin: config.openStdin ?? false,
    StdinOnce: config.stdinOnce ?? false,
    Env: toWireEnvironment({ env: process.env, unsetEnv: config.unsetEnv ?? [] }),
    ...toWireHealthcheck(config.healthcheck ?? image?.config.healthcheck),
    Image: config.image,
    Volumes: toVolumes(config, image),
    WorkingDir: config.workingDir ?? image?.config.workingDir ?? '',
    ...toWireCommand(config, image),
    OnBuild: null,
    Labels: { ...image?.config.labels, ...config.labels },
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    ...(config.stopTimeoutMs === undefined ? {} : { StopTimeout: Math.round(config.stopTimeoutMs / 1000) }),
  };
}

function toWireCommand(
  config: ContainerConfig,
  image: Image | undefined,
): Pick<WireContainerConfig, 'Cmd' | 'Entrypoint'> {
  const command = config.command ?? (config.entrypoint === undefined ? image?.config.command : undefined) ?? [];
  const entrypoint = config.entrypoint ?? image?.config.entrypoint ?? [];
  return { Cmd: command.length === 0 ? null : command, Entrypoint: entrypoint.length === 0 ? null : entrypoint };
}

function toExposedPorts(config: ContainerConfig, image: Image | undefined): Pick<WireContainerConfig, 'ExposedPorts'> {
  const published = (config.ports ?? []).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
  const ports = [...(image?.config.exposedPorts ?? []), ...(config.exposedPorts ?? []), ...published];
  return ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(ports.toSorted().map((port) => [port, {}])) };
}

function toVolumes(config: ContainerConfig, image: Image | undefined): WireContainerConfig['Volumes'] {
  const own = (config.mounts ?? []).filter((mount) => mount.type === 'volume' && mount.source === undefined);
  const targets = [...(image?.config.volumes ?? []), ...own.map(({ target }) => target)];
  return targets.length === 0 ? null : Object.fromEntries(targets.map((target) => [target, {}]));
}

/** Nanoseconds, as Docker's API counts every duration of a health check. */
export function toWireHealthcheck(check: ContainerConfig['healthcheck']): { readonly Healthcheck?: WireHealthcheck } {
  if (check === undefined) {
    return {};
  }
  const nanos = (ms: number | undefined) => (ms === undefined ? undefined : ms * 1_000_000);
  const wire = {
    Test: check.test,
    Interval: nanos(check.intervalMs),
    Timeout: nanos(check.timeoutMs),
    StartPeriod: nanos(check.startPeriodMs),
    StartInterval: nanos(check.startIntervalMs),
    Retries: check.retries,
  };
  return { Healthcheck: Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined)) };
}
