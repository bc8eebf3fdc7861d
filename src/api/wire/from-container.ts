import { z } from 'zod/mini';
import type { Container, ContainerPaths } from '../../model/container.js';
import type { ContainerConfig, LogConfig, PortBinding } from '../../model/container-config.js';
import type { ContainerId, ExecId, ImageId } from '../../model/ids.js';
import { type JsonObject, toList, toNumber, toObject, toText, toTextMap, toTexts } from '../../model/json-values.js';
import type { Limits } from '../../model/limits.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { joinEnvironment } from '../../model/run-environment.js';
import {
  configFields,
  fromWireHost,
  fromWireNamespaces,
  fromWireProgram,
  hostConfigSchema,
} from './from-container-create.js';
import { fromWireContainerState } from './from-container-state.js';
import { fromWireEndpoints } from './from-endpoint.js';
import { fromWireMountPoints } from './from-mount-point.js';
import { fromWireMounts } from './from-mounts.js';
import { fromWireNetworking } from './from-networking.js';
import { fromWireLimits } from './from-resources.js';
import { goObject } from './go-json.js';
import { fromWireTime } from './time.js';

/**
 * A container as an endpoint tells it: the other direction of container.ts. dockerd and podman differ in what they tell; a part that is
 * missing, or that Gantry has no words for, is left out and the rest stands.
 */
export function fromWireContainer(value: unknown): Container {
  const wire = toObject(value);
  const [config, host, network] = [
    toObject(wire['Config']),
    toObject(wire['HostConfig']),
    toObject(wire['NetworkSettings']),
  ];
  return omitUndefined({
    id: toText(wire['Id']) as ContainerId,
    name: toText(wire['Name']).replace(/^\//, ''),
    config: toConfig(config, host),
    imageId: toText(wire['Image']) as ImageId,
    process: {
      path: toText(wire['Path']),
      args: toTexts(wire['Args']),
      env: toVariables(config['Env']),
      workingDir: toText(config['WorkingDir']),
      user: toText(config['User']),
      stopSignal: toText(config['StopSignal']) || 'SIGTERM',
    },
    limits: toLimits(host),
    createdAtMs: fromWireTime(toText(wire['Created'])),
    state: fromWireContainerState(wire['State']),
    restartCount: toNumber(wire['RestartCount']),
    networks: fromWireEndpoints(network['Networks']),
    publishedPorts: toPublishedPorts(network['Ports']),
    mounts: fromWireMountPoints(wire['Mounts'], host),
    execIds: toTexts(wire['ExecIDs']) as readonly ExecId[],
    maskedPaths: host['MaskedPaths'] ? toTexts(host['MaskedPaths']) : undefined,
    readonlyPaths: host['ReadonlyPaths'] ? toTexts(host['ReadonlyPaths']) : undefined,
    paths: toPaths(wire),
  });
}

const configSchema = goObject(configFields);

/** What was asked for and what the image adds cannot be told apart: both are there. */
function toConfig(wire: JsonObject, wireHost: JsonObject): ContainerConfig {
  const program = read(configSchema, wire) ?? {};
  // What there is no choice of in Gantry, or what another log driver has, is no reason to know nothing of the rest.
  const { LogConfig: log, SecurityOpt: security, ...rest } = wireHost;
  const host = read(hostConfigSchema, rest) ?? {};
  return omitUndefined({
    ...attempt(() => fromWireProgram(program)),
    ...attempt(() => fromWireHost(host)),
    log: toLog(log),
    security: attempt(() => fromWireHost({ ...host, SecurityOpt: [...toTexts(security)] }).security),
    mounts: attempt(() => fromWireMounts({ ...host, Volumes: program.Volumes })),
    ...attempt(() => toNetworking(host, program)),
    namespaces: attempt(() => fromWireNamespaces(host)),
    image: toText(wire['Image']),
  });
}

function toNetworking(
  host: z.output<typeof hostConfigSchema>,
  { ExposedPorts: exposed }: z.output<typeof configSchema>,
): Partial<ContainerConfig> {
  const { networks: _, ...ports } = fromWireNetworking({ host, exposed, endpoints: undefined, macAddress: undefined });
  return ports;
}

/** Those of other drivers are told as the default. */
function toLog(value: unknown): LogConfig | undefined {
  const { Type: type, Config: options } = toObject(value);
  const { 'max-size': size, 'max-file': files } = toTextMap(options);
  if (type !== 'json-file' && type !== 'none') return undefined;
  const maxSizeBytes = /^\d+$/.test(size ?? '') ? Number(size) : undefined;
  return omitUndefined({ driver: type, maxSizeBytes, maxFiles: files === undefined ? undefined : Number(files) });
}

/** Swap that is as much as Docker gives by itself was not asked for. */
function toLimits(host: JsonObject): Limits {
  const limits = attempt(() => fromWireLimits(read(hostConfigSchema, host) ?? {})) ?? {};
  const { memorySwapBytes: swap, memoryBytes: memory, ...others } = limits;
  const isDefault = memory !== undefined && swap === memory * 2;
  return omitUndefined({ ...others, memoryBytes: memory, memorySwapBytes: isDefault ? undefined : swap });
}

/** Absent while it does not run. */
function toPublishedPorts(value: unknown): readonly PortBinding[] | undefined {
  const ports = Object.entries(toObject(value)).flatMap(([key, bindings]) => {
    const [port = '', protocol = 'tcp'] = key.split('/');
    return toList(bindings).map((one) => {
      const { HostIp: ip, HostPort: hostPort } = toTextMap(one);
      return omitUndefined({
        containerPort: Number(port),
        protocol: protocol as PortBinding['protocol'],
        hostIp: ip || undefined,
        hostPort: hostPort ? Number(hostPort) : undefined,
      });
    });
  });
  return ports.length === 0 ? undefined : ports;
}

function toPaths(wire: JsonObject): ContainerPaths | undefined {
  const { LogPath: log, HostnamePath: hostname, HostsPath: hosts, ResolvConfPath: resolvConf } = toTextMap(wire);
  if (!hostname || !hosts || !resolvConf) return undefined;
  const { Name: driver, Data: data } = toObject(wire['GraphDriver']);
  const { LowerDir: lowers, UpperDir: upper, WorkDir: work } = toTextMap(data);
  return omitUndefined({
    ...{ log: log || undefined, hostname, hosts, resolvConf },
    layers: upper && work ? { driver: toText(driver), lowers: lowers?.split(':') ?? [], upper, work } : undefined,
  });
}

/** Without the names that have no value, which are what is not there. */
export function toVariables(value: unknown): Readonly<Record<string, string>> {
  return joinEnvironment(toTexts(value)).env ?? {};
}

/** Undefined where the endpoint's JSON is not of that form. */
function read<T extends z.ZodMiniType>(schema: T, value: unknown): z.output<T> | undefined {
  const result = z.safeParse(schema, value);
  return result.success ? result.data : undefined;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    // A word that Gantry does not have: that part is left out.
    return undefined;
  }
}
