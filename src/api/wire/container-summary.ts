import type { ContainerSize } from '../../engine/engine.js';
import type { Container } from '../../model/container.js';
import { formatCommand } from '../../model/container-command.js';
import { hasProcess } from '../../model/container-state.js';
import { formatContainerStatus } from '../../model/container-status.js';
import { toWireMounts, type WireMount } from './mount.js';
import { toWireNetworkSettings, type WireEndpoint } from './network-settings.js';

/** One element of `GET /containers/json`: Docker Engine API 1.51, ContainerSummary. */
export interface WireContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  readonly Created: number;
  readonly Ports: readonly WirePort[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode: string; readonly Annotations?: Readonly<Record<string, string>> };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, WireEndpoint>> };
  readonly Mounts: readonly WireMount[];
}

export interface WirePort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

export interface SummarySources {
  readonly size: ContainerSize | undefined;
  readonly nowMs: number;
}

export function toWireContainerSummary(container: Container, sources: SummarySources): WireContainerSummary {
  const { config, process, state } = container;
  const { size } = sources;
  const { Networks } = toWireNetworkSettings(container);
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: config.image,
    ImageID: container.imageId,
    Command: formatCommand(process.path, process.args),
    Created: Math.floor(container.createdAtMs / 1000),
    Ports: hasProcess(state) ? listPorts(container) : [],
    ...(size && { SizeRw: size.writableBytes, SizeRootFs: size.rootfsBytes }),
    // Those of its image have been among them since it was made.
    Labels: config.labels ?? {},
    State: state.status,
    Status: formatContainerStatus(state, sources.nowMs),
    HostConfig: {
      NetworkMode: config.namespaces?.network === 'default' ? 'bridge' : (config.namespaces?.network ?? 'bridge'),
      ...(config.annotations && { Annotations: config.annotations }),
    },
    NetworkSettings: { Networks },
    Mounts: toWireMounts(container, []),
  };
}

/** Those that are published, then those that are exposed alone. */
function listPorts({ publishedPorts = [], config }: Container): readonly WirePort[] {
  const published = publishedPorts.map(({ hostIp = '0.0.0.0', hostPort, containerPort, protocol }) => ({
    ...(hostPort === undefined ? {} : { IP: hostIp }),
    PrivatePort: containerPort,
    ...(hostPort === undefined ? {} : { PublicPort: hostPort }),
    Type: protocol,
  }));
  const exposed = (config.exposedPorts ?? []).map((text) => {
    const [port = '', protocol = 'tcp'] = text.split('/');
    return { PrivatePort: Number(port), Type: protocol };
  });
  // One that has no port of the host is said once.
  return [...published, ...exposed].filter(
    (port, index, all) =>
      'PublicPort' in port ||
      all.findIndex((other) => other.PrivatePort === port.PrivatePort && other.Type === port.Type) === index,
  );
}
