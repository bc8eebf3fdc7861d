import type { EngineComponent, EngineInfo, EngineVersion } from '../../engine/engine.js';
import type { Container } from '../../model/container.js';

/** What Gantry calls itself to Docker's clients. */
export const PLATFORM = 'Gantry';

/** The answer of `GET /version`: Docker Engine API 1.51, SystemVersion. */
export interface WireVersion {
  readonly Platform: { readonly Name: string };
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly Components: readonly WireComponent[];
  readonly Experimental: boolean;
}

export interface WireComponent {
  readonly Name: string;
  readonly Version: string;
  readonly Details: Readonly<Record<string, string>>;
}

export function toWireVersion(version: EngineVersion): WireVersion {
  return {
    Platform: { Name: version.platform ?? PLATFORM },
    Version: version.version,
    ApiVersion: version.apiVersion,
    MinAPIVersion: version.minApiVersion,
    Os: version.os,
    Arch: version.arch,
    KernelVersion: version.kernel,
    Components: version.components?.map(toWireComponent) ?? [toWireEngine(version)],
    Experimental: false,
  };
}

function toWireComponent({ name, version, details }: EngineComponent): WireComponent {
  return { Name: name, Version: version, Details: details };
}

/** Docker's client shows these of its server; here they are one program. */
function toWireEngine(version: EngineVersion): WireComponent {
  return {
    Name: 'Engine',
    Version: version.version,
    Details: {
      ...{ ApiVersion: version.apiVersion, Arch: version.arch, BuildTime: '', Experimental: 'false', GitCommit: '' },
      ...{ GoVersion: '', KernelVersion: version.kernel, MinAPIVersion: version.minApiVersion, Os: version.os },
    },
  };
}

/** The answer of `GET /info`: the fields of Docker Engine API 1.51, SystemInfo, that Gantry has. */
export interface WireInfo {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [name: string, value: string])[];
  readonly LoggingDriver: string;
  readonly CgroupDriver: string;
  readonly CgroupVersion: string;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  readonly Name: string;
  readonly ServerVersion: string;
  readonly Warnings: null;
}

/** Go's name of a processor, and that of uname(2), which Docker has here. */
const MACHINES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

export interface InfoSources {
  readonly info: EngineInfo;
  readonly version: EngineVersion;
  readonly containers: readonly Container[];
  readonly imageCount: number;
}

export function toWireInfo({ info, version, containers, imageCount }: InfoSources): WireInfo {
  const count = (status: string) => containers.filter(({ state }) => state.status === status).length;
  const running = count('running') + count('restarting');
  const paused = count('paused');
  return {
    ID: info.id,
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: containers.length - running - paused,
    Images: imageCount,
    Driver: info.storageDriver,
    DriverStatus: info.storageStatus,
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: String(info.cgroupVersion),
    KernelVersion: version.kernel,
    OperatingSystem: info.operatingSystem,
    OSType: version.os,
    Architecture: MACHINES[version.arch] ?? version.arch,
    NCPU: info.cpus,
    MemTotal: info.memoryBytes,
    DockerRootDir: info.rootDir ?? '',
    Name: info.name,
    ServerVersion: version.version,
    Warnings: null,
  };
}
