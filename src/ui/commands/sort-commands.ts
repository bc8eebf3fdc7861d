import { omitUndefined } from '../../model/omit-undefined.js';
import {
  IMAGE_SORT_COLUMNS,
  type ImageSortColumn,
  NETWORK_SORT_COLUMNS,
  type NetworkSortColumn,
  SORT_COLUMNS,
  type SortColumn,
  VOLUME_SORT_COLUMNS,
  type VolumeSortColumn,
} from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import { COLUMN_SORTS } from '../rows/column-names.js';
import { openMenu } from './questions.js';

const SORT_HINTS: Readonly<Record<SortColumn, string>> = {
  created: 'newest first',
  name: '',
  state: '',
  cpu: 'most first',
  memory: 'most first',
  share: 'of the memory limit, most first',
  network: 'most traffic first',
  pids: 'most first',
  restarts: 'most first',
  image: '',
  changed: 'that came into their state last first',
  limit: 'of memory, none first',
  throttled: 'most first',
  ports: 'of the host, lowest first',
  id: '',
};

const IMAGE_SORT_HINTS: Readonly<Record<ImageSortColumn, string>> = {
  created: 'newest first',
  name: '',
  size: 'largest first',
  unique: 'that no other image has, most first',
  shared: 'with other images, most first',
  containers: 'most first',
  id: '',
};

const VOLUME_SORT_HINTS: Readonly<Record<VolumeSortColumn, string>> = {
  name: '',
  size: 'largest first',
  containers: 'most used first',
  created: 'newest first',
  driver: '',
};

const NETWORK_SORT_HINTS: Readonly<Record<NetworkSortColumn, string>> = {
  name: '',
  driver: '',
  subnet: '',
  containers: 'most first',
  created: 'newest first',
  kind: 'internal ones first',
  gateway: '',
  id: '',
};

export function chooseSort(workspace: Workspace): void {
  const { view } = workspace;
  const { list, sort, imageSort, volumeSort, networkSort } = view.getState();
  switch (list) {
    case 'containers':
      openSortMenu(workspace, { columns: SORT_COLUMNS, hints: SORT_HINTS, current: sort.column }, (column) =>
        view.setState({ sort: { column, isReversed: false } }),
      );
      break;
    case 'images':
      openSortMenu(
        workspace,
        { columns: IMAGE_SORT_COLUMNS, hints: IMAGE_SORT_HINTS, current: imageSort.column },
        (column) => view.setState({ imageSort: { column, isReversed: false } }),
      );
      break;
    case 'volumes':
      openSortMenu(
        workspace,
        { columns: VOLUME_SORT_COLUMNS, hints: VOLUME_SORT_HINTS, current: volumeSort.column },
        (column) => view.setState({ volumeSort: { column, isReversed: false } }),
      );
      break;
    case 'networks':
      openSortMenu(
        workspace,
        { columns: NETWORK_SORT_COLUMNS, hints: NETWORK_SORT_HINTS, current: networkSort.column },
        (column) => view.setState({ networkSort: { column, isReversed: false } }),
      );
      break;
  }
}

interface SortMenu<Column extends string> {
  readonly columns: readonly Column[];
  readonly hints: Readonly<Record<Column, string>>;
  readonly current: Column;
}

function openSortMenu<Column extends string>(
  workspace: Workspace,
  { columns, hints, current }: SortMenu<Column>,
  choose: (column: Column) => void,
): void {
  const items = columns.map((column) => ({ label: column, hint: hints[column], choose: () => choose(column) }));
  openMenu(workspace, 'Sort by', items, columns.indexOf(current));
}

export function reverseSort({ view }: Workspace): void {
  const turn = <Sort extends { readonly isReversed: boolean }>(sort: Sort) => ({
    ...sort,
    isReversed: !sort.isReversed,
  });
  view.setState(({ list, sort, imageSort, volumeSort, networkSort }) => {
    switch (list) {
      case 'containers':
        return { sort: turn(sort) };
      case 'images':
        return { imageSort: turn(imageSort) };
      case 'volumes':
        return { volumeSort: turn(volumeSort) };
      case 'networks':
        return { networkSort: turn(networkSort) };
    }
  });
}

export function chooseColumns({ view }: Workspace): void {
  view.setState(({ list }) => ({ dialog: { kind: 'columns', list, index: 0 } }));
}

/** Sorts the current list by one of its columns, or turns the order round where it is sorted by that already. */
export function sortByColumn(workspace: Workspace, column: string): void {
  const { view } = workspace;
  const { list, sort, imageSort, volumeSort, networkSort } = view.getState();
  const wanted = COLUMN_SORTS[list][column];
  const current = { containers: sort, images: imageSort, volumes: volumeSort, networks: networkSort }[list].column;
  if (wanted === undefined) return;
  if (wanted === current) {
    reverseSort(workspace);
    return;
  }
  const find = <Column extends string>(columns: readonly Column[]) => columns.find((each) => each === wanted);
  const by = <Column extends string>(found: Column | undefined) => found && { column: found, isReversed: false };
  view.setState(
    omitUndefined(
      {
        containers: { sort: by(find(SORT_COLUMNS)) },
        images: { imageSort: by(find(IMAGE_SORT_COLUMNS)) },
        volumes: { volumeSort: by(find(VOLUME_SORT_COLUMNS)) },
        networks: { networkSort: by(find(NETWORK_SORT_COLUMNS)) },
      }[list],
    ),
  );
}
