import type { Network } from '../../model/network.js';
import type { Volume } from '../../model/volume.js';
import { selectNetworkRows, selectVolumeRows } from '../../store/list-rows.js';
import type { ListName } from '../../store/view-store.js';
import { findVolumeUsers } from '../../store/volume-users.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from '../rows/columns.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { drawFrame } from '../rows/frame.js';
import { drawList } from '../rows/list-rows.js';

type ResourceListName = Exclude<ListName, 'containers'>;

/** The list of volumes or networks in its frame. */
export function paintResourceList(
  context: PaintContext,
  pane: { readonly name: 'volumes' | 'networks'; readonly isFocused: boolean },
  width: number,
  height: number,
): string[] {
  switch (pane.name) {
    case 'volumes':
      return paintVolumes(context, pane.isFocused, width, height);
    case 'networks':
      return paintNetworks(context, pane.isFocused, width, height);
  }
}

export interface ResourceList<Row> {
  readonly name: ResourceListName;
  readonly number: number;
  readonly title: string;
  readonly summary: string;
  readonly isFocused: boolean;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly empty: string;
  readonly notes?: readonly string[];
  key(row: Row): string;
  isMarked?(row: Row): boolean;
}

function paintVolumes(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme } = context;
  const resources = workspace.resources.getState();
  const usedBy = (name: string) =>
    [...new Set(findVolumeUsers(workspace.containers.getState(), name).map(({ container }) => container.name))].join(
      ',',
    );
  const size = ({ name }: Volume) => {
    const bytes = resources.volumeBytes.get(name);
    return bytes === undefined ? '-' : formatBytes(bytes);
  };
  const columns: readonly Column<Volume>[] = [
    { title: 'VOLUME', width: 10, rank: 0, grows: true, cell: (row) => row.name },
    { title: 'SIZE', width: 6, rank: 3, align: 'right', cell: (row) => theme.style('muted', size(row)) },
    { title: 'USED BY', width: 12, rank: 1, cell: (row) => theme.style('muted', usedBy(row.name) || '-') },
    {
      title: 'AGE',
      width: 4,
      rank: 2,
      align: 'right',
      cell: (row) => theme.style('muted', formatAge(context.now() - row.createdAtMs)),
    },
    { title: 'DRIVER', width: 8, rank: 4, cell: (row) => theme.style('muted', nameDriver(row)) },
  ];
  return paintList(
    context,
    {
      name: 'volumes',
      number: 3,
      title: 'Volumes',
      summary: String(resources.volumes.length),
      isFocused,
      rows: selectVolumeRows(resources, workspace.view.getState().lists.volumes.filter),
      columns,
      empty: 'none',
      key: (row) => row.name,
    },
    width,
    height,
  );
}

/** What is mounted tells more than `local`, which all are. */
function nameDriver({ driver, options = {} }: Volume): string {
  const { type, o = '' } = options;
  return type === undefined ? driver : /(^|,)r?bind(,|$)/.test(o) ? 'bind' : type;
}

function paintNetworks(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme } = context;
  const members = (network: Network) =>
    [...workspace.containers.getState().byId.values()].filter((container) =>
      container.networks.some((endpoint) => endpoint.networkId === network.id),
    ).length;
  const columns: readonly Column<Network>[] = [
    { title: 'NETWORK', width: 8, rank: 0, grows: true, cell: (row) => row.name },
    { title: 'SUBNET', width: 15, rank: 1, cell: (row) => theme.style('muted', row.pools[0]?.subnet ?? row.driver) },
    { title: 'CTR', width: 3, rank: 2, align: 'right', cell: (row) => String(members(row)) },
  ];
  const resources = workspace.resources.getState();
  return paintList(
    context,
    {
      name: 'networks',
      number: 4,
      title: 'Networks',
      summary: String(resources.networks.length),
      isFocused,
      rows: selectNetworkRows(resources, workspace.view.getState().lists.networks.filter),
      columns,
      empty: 'none',
      key: (row) => row.id,
    },
    width,
    height,
  );
}

/** A list with its number, title and summary in its frame. */
export function paintList<Row>(
  context: PaintContext,
  list: ResourceList<Row>,
  width: number,
  height: number,
): string[] {
  const { theme, glyphs, workspace } = context;
  const state = workspace.view.getState().lists[list.name];
  return drawFrame(
    {
      width,
      height,
      isFocused: list.isFocused,
      title: `${theme.style('key', String(list.number))} ${theme.style('title', list.title)} ${list.summary}`,
      notes: [...(list.notes ?? []), ...(state.filter === '' ? [] : [theme.style('match', `/${state.filter}`)])],
      content: (innerWidth, innerHeight) =>
        list.rows.length === 0
          ? [theme.style('muted', list.empty)]
          : drawList(
              context,
              { ...list, list: state, isCurrent: workspace.view.getState().list === list.name },
              innerWidth,
              innerHeight,
            ),
    },
    theme,
    glyphs,
  );
}
