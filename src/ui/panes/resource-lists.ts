import { selectNetworkRows } from '../../store/network-rows.js';
import type { ListName, Sort } from '../../store/view-store.js';
import { selectVolumeRows } from '../../store/volume-rows.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { chosenColumns } from '../rows/column-names.js';
import type { Column } from '../rows/columns.js';
import { drawFrame } from '../rows/frame.js';
import { drawList } from '../rows/list-rows.js';
import { networkColumns } from '../rows/network-columns.js';
import { volumeColumns } from '../rows/volume-columns.js';

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
  readonly number: 2 | 3 | 4;
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
  const { workspace } = context;
  const resources = workspace.resources.getState();
  const view = workspace.view.getState();
  return paintList(
    context,
    {
      name: 'volumes',
      number: 3,
      title: 'Volumes',
      summary: String(resources.volumes.length),
      notes: listNotes(view.markedVolumes.size, view.volumeSort),
      isFocused,
      rows: selectVolumeRows(resources, workspace.containers.getState(), view),
      columns: chosenColumns(volumeColumns(context), view.hiddenColumns.volumes),
      empty: `none${view.list === 'volumes' ? `: ${keyOf(context.bindings, 'create-volume')} makes one` : ''}`,
      key: (row) => row.name,
      isMarked: (row) => view.markedVolumes.has(row.name),
    },
    width,
    height,
  );
}

function paintNetworks(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace } = context;
  const resources = workspace.resources.getState();
  const view = workspace.view.getState();
  return paintList(
    context,
    {
      name: 'networks',
      number: 4,
      title: 'Networks',
      summary: String(resources.networks.length),
      notes: listNotes(view.markedNetworks.size, view.networkSort),
      isFocused,
      rows: selectNetworkRows(resources, workspace.containers.getState(), view),
      columns: chosenColumns(networkColumns(context), view.hiddenColumns.networks),
      empty: 'none',
      key: (row) => row.id,
      isMarked: (row) => view.markedNetworks.has(row.id),
    },
    width,
    height,
  );
}

/** How many are marked, and how the list is sorted where that is not by name. */
function listNotes(marked: number, { column, isReversed }: Sort<string>): readonly string[] {
  return [
    ...(marked > 0 ? [`${marked} marked`] : []),
    ...(column === 'name' && !isReversed ? [] : [`sort ${column}${isReversed ? ' reversed' : ''}`]),
  ];
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
      title: `${theme.style('key', keyOf(context.bindings, `pane-${list.number}`))} ${theme.style('title', list.title)} ${list.summary}`,
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
