import type { Container } from '../../model/container.js';
import { formatCommand } from '../../model/container-command.js';
import { formatContainerStatus } from '../../model/container-status.js';
import { formatRoughDuration } from '../../model/durations.js';
import type { ListRow, ListShape } from '../format/render-list.js';
import { formatLabels, makeLabelReader } from './labels.js';
import { formatPorts } from './ports.js';
import { shorten } from './shorten.js';

export const CONTAINER_LIST: ListShape = {
  titles: {
    ID: 'CONTAINER ID',
    Names: 'NAMES',
    Image: 'IMAGE',
    Command: 'COMMAND',
    CreatedAt: 'CREATED AT',
    RunningFor: 'CREATED',
    Ports: 'PORTS',
    State: 'STATE',
    Status: 'STATUS',
    Size: 'SIZE',
    Labels: 'LABELS',
    Mounts: 'MOUNTS',
    LocalVolumes: 'LOCAL VOLUMES',
    Networks: 'NETWORKS',
  },
  columns: ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'],
  typeName: '*formatter.ContainerContext',
};

export interface RowOptions {
  readonly nowMs: number;
  readonly truncate: boolean;
  /** createGoTimeFormat() of all rows. */
  readonly formatTime: (atMs: number) => string;
}

/** A container as a row of `ps`. What a table does not show without being asked is made when it is read. */
export function toContainerRow(container: Container, { nowMs, truncate, formatTime }: RowOptions): ListRow {
  const { config, id } = container;
  const labels = config.labels ?? {};
  const command = formatCommand(container.process.path, container.process.args);
  const isUp = container.state.status === 'running' || container.state.status === 'paused';
  return {
    ID: truncate ? id.slice(0, 12) : id,
    Names: container.name,
    Image: truncate
      ? config.image.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1').replace(/^sha256:/, '')
      : config.image,
    Command: JSON.stringify(truncate ? shorten(command, 20) : command),
    get CreatedAt() {
      return formatTime(container.createdAtMs);
    },
    RunningFor: `${formatRoughDuration(Math.max(0, nowMs - container.createdAtMs))} ago`,
    Ports: isUp ? formatPorts(container.publishedPorts ?? [], config.exposedPorts ?? []) : '',
    State: container.state.status,
    Status: formatContainerStatus(container.state, nowMs),
    Size: '',
    get Labels() {
      return formatLabels(labels);
    },
    get Label() {
      return makeLabelReader(labels);
    },
    get Mounts() {
      const mounts = listMounts(container);
      return mounts.map((mount) => (truncate ? shorten(mount, 15) : mount)).join(',');
    },
    get LocalVolumes() {
      return String((container.mounts ?? config.mounts ?? []).filter(({ type }) => type === 'volume').length);
    },
    get Networks() {
      return container.networks.map(({ networkName }) => networkName).join(',');
    },
  };
}

/** Names of volumes and sources of binds. */
function listMounts({ mounts, config }: Container): readonly string[] {
  const all = mounts?.map((mount) => (mount.type === 'volume' ? { ...mount, source: mount.name } : mount));
  return (all ?? config.mounts ?? []).flatMap((mount) =>
    mount.type === 'tmpfs' ? [] : [mount.source ?? mount.target],
  );
}
