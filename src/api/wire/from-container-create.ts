import { z } from 'zod/mini';
import type { ContainerConfig, Healthcheck, NamespaceModes, SecurityConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { nonEmpty, nonEmptyRecord, omitUndefined } from '../../model/omit-undefined.js';
import { splitPair } from '../../model/run-environment.js';
import { parseRestartPolicy } from '../../model/run-limits.js';
import { parseLogConfig } from '../../model/run-log.js';
import { parseSecurityOption, parseSysctl } from '../../model/run-security.js';
import { checkVolumesFrom } from '../../model/volume-mode.js';
import { fromWireEnvironment } from './environment.js';
import { fromWireMounts, mountFields } from './from-mounts.js';
import { fromWireNetworking, networkFields, networkingSchema, toNetworkMode } from './from-networking.js';
import { fromWireDevices, fromWireLimits, resourceFields } from './from-resources.js';
import { goBoolean, goInteger, goObject, goSet, goSize, goText, goTextMap, goTextOrTexts, goTexts } from './go-json.js';

export const restartPolicySchema = goObject({ Name: goText, MaximumRetryCount: goInteger });

export const hostConfigSchema = goObject({
  ...resourceFields,
  ...mountFields,
  ...networkFields,
  LogConfig: z.optional(goObject({ Type: goText, Config: goTextMap })),
  RestartPolicy: z.optional(restartPolicySchema),
  AutoRemove: goBoolean,
  VolumesFrom: goTexts,
  ConsoleSize: goSize,
  Annotations: goTextMap,
  CapAdd: goTextOrTexts,
  CapDrop: goTextOrTexts,
  CgroupnsMode: goText,
  GroupAdd: goTexts,
  IpcMode: goText,
  OomScoreAdj: goInteger,
  PidMode: goText,
  Privileged: goBoolean,
  ReadonlyRootfs: goBoolean,
  SecurityOpt: goTexts,
  StorageOpt: goTextMap,
  UTSMode: goText,
  UsernsMode: goText,
  ShmSize: goInteger,
  Sysctls: goTextMap,
  Runtime: goText,
  Isolation: goText,
  MaskedPaths: goTexts,
  ReadonlyPaths: goTexts,
  Init: goBoolean,
});

export const healthcheckSchema = goObject({
  Test: goTexts,
  Interval: goInteger,
  Timeout: goInteger,
  StartPeriod: goInteger,
  StartInterval: goInteger,
  Retries: goInteger,
});

/** Docker Engine API 1.51: Config of a container, as create and commit take it and inspect tells it. */
export const configFields = {
  Hostname: goText,
  Domainname: goText,
  User: goText,
  AttachStdin: goBoolean,
  ExposedPorts: goSet,
  Tty: goBoolean,
  OpenStdin: goBoolean,
  StdinOnce: goBoolean,
  Env: goTexts,
  Cmd: goTextOrTexts,
  Healthcheck: z.optional(healthcheckSchema),
  Image: goText,
  Volumes: goSet,
  WorkingDir: goText,
  Entrypoint: goTextOrTexts,
  NetworkDisabled: goBoolean,
  MacAddress: goText,
  Labels: goTextMap,
  StopSignal: goText,
  StopTimeout: goInteger,
};

/** The body of `POST /containers/create`. */
export const containerCreateSchema = goObject({
  ...configFields,
  HostConfig: z.optional(hostConfigSchema),
  NetworkingConfig: z.optional(networkingSchema),
});

type Wire = z.output<typeof containerCreateSchema>;
type WireHost = z.output<typeof hostConfigSchema>;

/** What a client asks of a new container. Throws invalid-argument in Docker's words; the engine checks the rest. */
export function fromWireContainerCreate(wire: Wire, name: string | undefined): ContainerConfig {
  const host = wire.HostConfig ?? {};
  checkFixed(host);
  return omitUndefined({
    ...fromWireProgram(wire),
    ...fromWireHost(host),
    name: name?.replace(/^\//, ''),
    mounts: nonEmpty(fromWireMounts({ ...host, Volumes: wire.Volumes })),
    ...fromWireNetworking({
      host,
      endpoints: wire.NetworkingConfig?.EndpointsConfig,
      exposed: wire.ExposedPorts,
      macAddress: wire.MacAddress,
    }),
    namespaces: fromWireNamespaces(host, wire.NetworkDisabled),
  });
}

/** What there is one choice of. */
function checkFixed({ Runtime = '', Isolation = '', StorageOpt = {} }: WireHost): void {
  if (!['', 'gantry', 'runc'].includes(Runtime)) throw invalid(`unknown or invalid runtime name: ${Runtime}`);
  if (!['', 'default'].includes(Isolation)) throw invalid(`invalid isolation '${Isolation}' on linux`);
  if (Object.keys(StorageOpt).length > 0) {
    throw invalid("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
}

/** What of it is the program's. Throws invalid-argument. */
export function fromWireProgram(wire: Wire): ContainerConfig {
  if (!wire.Image) throw invalid('invalid reference format');
  return omitUndefined({
    image: wire.Image,
    command: nonEmpty(wire.Cmd ?? []),
    entrypoint: toEntrypoint(wire.Entrypoint ?? []),
    ...fromWireEnvironment(wire.Env),
    workingDir: wire.WorkingDir || undefined,
    user: wire.User || undefined,
    hostname: wire.Hostname || undefined,
    domainname: wire.Domainname || undefined,
    labels: nonEmptyRecord(wire.Labels ?? {}),
    tty: wire.Tty === true ? true : undefined,
    openStdin: wire.OpenStdin === true ? true : undefined,
    stdinOnce: wire.StdinOnce === true ? true : undefined,
    stopSignal: wire.StopSignal || undefined,
    stopTimeoutMs: wire.StopTimeout === undefined ? undefined : wire.StopTimeout * 1000,
    healthcheck: fromWireHealthcheck(wire.Healthcheck),
  });
}

/** `[""]` is how a client says that the image's is not wanted. */
function toEntrypoint(words: readonly string[]): readonly string[] | undefined {
  if (words.length === 0) return undefined;
  return words.length === 1 && words[0] === '' ? [] : words;
}

export function fromWireHealthcheck(wire: z.output<typeof healthcheckSchema> | undefined): Healthcheck | undefined {
  if (wire === undefined) return undefined;
  const toMs = (nanos = 0): number | undefined => (nanos === 0 ? undefined : nanos / 1_000_000);
  return nonEmptyRecord(
    omitUndefined({
      test: nonEmpty(wire.Test ?? []),
      intervalMs: toMs(wire.Interval),
      timeoutMs: toMs(wire.Timeout),
      startPeriodMs: toMs(wire.StartPeriod),
      startIntervalMs: toMs(wire.StartInterval),
      retries: wire.Retries || undefined,
    }),
  );
}

/** What of it is the host's, without mounts, networks and namespaces. Throws invalid-argument. */
export function fromWireHost(host: WireHost): Partial<ContainerConfig> {
  const [rows = 0, columns = 0] = host.ConsoleSize ?? [];
  const sysctls = Object.entries(host.Sysctls ?? {}).map(([name, value]) => parseSysctl(`${name}=${value}`));
  return omitUndefined({
    limits: nonEmptyRecord(fromWireLimits(host)),
    ...fromWireDevices(host),
    log: toLog(host.LogConfig),
    restartPolicy: fromWireRestartPolicy(host.RestartPolicy),
    autoRemove: host.AutoRemove === true ? true : undefined,
    volumesFrom: nonEmpty((host.VolumesFrom ?? []).map(checkVolumesFrom)),
    terminal: rows > 0 && columns > 0 ? { rows, columns } : undefined,
    annotations: nonEmptyRecord(host.Annotations ?? {}),
    groupAdd: nonEmpty(host.GroupAdd ?? []),
    oomScoreAdj: host.OomScoreAdj || undefined,
    shmSizeBytes: host.ShmSize || undefined,
    sysctls: nonEmptyRecord(Object.fromEntries(sysctls)),
    security: nonEmptyRecord(toSecurity(host)),
    init: host.Init,
  });
}

/** Docker's default driver is what an empty name means. */
function toLog({ Type = '', Config = {} }: NonNullable<WireHost['LogConfig']> = {}): ContainerConfig['log'] {
  const options = new Map(Object.entries(Config));
  if (Type === '' && options.size === 0) return undefined;
  return parseLogConfig(Type || undefined, options);
}

/** Throws invalid-argument. */
export function fromWireRestartPolicy(
  wire: z.output<typeof restartPolicySchema> | undefined,
): ContainerConfig['restartPolicy'] {
  const { Name = '', MaximumRetryCount: count = 0 } = wire ?? {};
  if (Name === '' && count === 0) return undefined;
  return parseRestartPolicy(count === 0 ? Name : `${Name}:${count}`);
}

function toSecurity(host: WireHost): SecurityConfig {
  const options = (host.SecurityOpt ?? []).map((text) => {
    // A client sends the text of the profile itself.
    const [, value = ''] = splitPair(text);
    return parseSecurityOption(text, value.startsWith('{') ? new Map([[value, value]]) : new Map());
  });
  return omitUndefined({
    privileged: host.Privileged === true ? true : undefined,
    readOnlyRootfs: host.ReadonlyRootfs === true ? true : undefined,
    capAdd: nonEmpty(host.CapAdd ?? []),
    capDrop: nonEmpty(host.CapDrop ?? []),
    maskedPaths: host.MaskedPaths,
    readonlyPaths: host.ReadonlyPaths,
    ...Object.assign({}, ...options),
  });
}

/** Throws invalid-argument. */
export function fromWireNamespaces(host: WireHost, isNetworkDisabled = false): NamespaceModes | undefined {
  return nonEmptyRecord(
    omitUndefined({
      pid: readMode(host.PidMode, ['private', 'host'] as const, 'PID'),
      ipc: readMode(host.IpcMode, ['none', 'private', 'shareable', 'host'] as const, 'IPC'),
      uts: readWord(host.UTSMode, ['private', 'host'] as const, 'UTS'),
      user: readWord(host.UsernsMode, ['host', 'remap'] as const, 'userns'),
      cgroup: readWord(host.CgroupnsMode, ['private', 'host'] as const, 'cgroup namespace'),
      network: isNetworkDisabled ? 'none' : toNetworkMode(host.NetworkMode),
    }),
  );
}

function readMode<const T extends string>(
  text: string | undefined,
  words: readonly T[],
  what: string,
): T | `container:${string}` | undefined {
  if (text?.startsWith('container:') === true && text !== 'container:') return text as `container:${string}`;
  return readWord(text, words, what);
}

function readWord<const T extends string>(text = '', words: readonly T[], what: string): T | undefined {
  if (text === '') return undefined;
  const found = words.find((word) => word === text);
  if (found === undefined) throw invalid(`invalid ${what} mode: ${text}`);
  return found;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
