import type { ContainerId, ImageId } from '../../model/ids.js';
import type { MenuItem } from '../../store/dialog.js';
import { isAlive } from '../../store/list-rows.js';
import { IMAGE_SORT_COLUMNS, type ImageSortColumn, SORT_COLUMNS, type SortColumn } from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import {
  chooseSignal,
  pauseOrContinue,
  removeContainers,
  restart,
  selectedKey,
  startAll,
  stopAll,
  targets,
} from './container-commands.js';
import { removeImages } from './image-commands.js';
import { imageTargets } from './image-targets.js';
import { listKeys, type MoveContext, move } from './navigation.js';
import { openMenu } from './questions.js';
import { openSave, openTransfers } from './transfer-commands.js';

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
};

const IMAGE_SORT_HINTS: Readonly<Record<ImageSortColumn, string>> = {
  created: 'newest first',
  name: '',
  size: 'largest first',
  unique: 'that no other image has, most first',
  shared: 'with other images, most first',
  containers: 'most first',
};

export function chooseSort(workspace: Workspace): void {
  const { view } = workspace;
  const { list, sort, imageSort } = view.getState();
  if (list === 'images') {
    const items = IMAGE_SORT_COLUMNS.map((column) => ({
      label: column,
      hint: IMAGE_SORT_HINTS[column],
      choose: () => view.setState({ imageSort: { column, isReversed: false } }),
    }));
    openMenu(workspace, 'Sort by', items, IMAGE_SORT_COLUMNS.indexOf(imageSort.column));
    return;
  }
  const items = SORT_COLUMNS.map((column) => ({
    label: column,
    hint: SORT_HINTS[column],
    choose: () => view.setState({ sort: { column, isReversed: false } }),
  }));
  openMenu(workspace, 'Sort by', items, SORT_COLUMNS.indexOf(sort.column));
}

export function reverseSort({ view }: Workspace): void {
  view.setState(({ list, sort, imageSort }) =>
    list === 'images'
      ? { imageSort: { ...imageSort, isReversed: !imageSort.isReversed } }
      : { sort: { ...sort, isReversed: !sort.isReversed } },
  );
}

export function chooseColumns({ view }: Workspace): void {
  const list = view.getState().list === 'images' ? 'images' : 'containers';
  view.setState({ dialog: { kind: 'columns', list, index: 0 } });
}

/** Marks the selected row, or takes its mark away, and goes to the next one. */
export function toggleMark(context: MoveContext): void {
  const { workspace } = context;
  const key = selectedKey(workspace);
  if (key === undefined) return;
  const marked = new Set(markedKeys(workspace));
  if (!marked.delete(key)) marked.add(key);
  setMarks(workspace, marked, key);
  move(context, 'down');
}

/** Marks all rows between the one that was marked last and the selected one. */
export function markRange(workspace: Workspace): void {
  const { view } = workspace;
  const { list, markAnchor } = view.getState();
  const keys = listKeys(workspace, list);
  const key = selectedKey(workspace);
  if (key === undefined) return;
  const from = markAnchor === undefined ? -1 : keys.indexOf(markAnchor);
  const to = keys.indexOf(key);
  if (from < 0) {
    setMarks(workspace, new Set([...markedKeys(workspace), key]), key);
    view.say('info', 'a range begins here: v at its other end marks it');
    return;
  }
  const range = keys.slice(Math.min(from, to), Math.max(from, to) + 1);
  setMarks(workspace, new Set([...markedKeys(workspace), ...range]), key);
}

export function markAll(workspace: Workspace): void {
  setMarks(workspace, new Set(listKeys(workspace, workspace.view.getState().list)), undefined);
}

export function markNone(workspace: Workspace): void {
  setMarks(workspace, new Set(), undefined);
}

/** The marks of the current list, as keys of its rows. */
export function markedKeys({ view }: Workspace): ReadonlySet<string> {
  const { list, marked, markedImages } = view.getState();
  return list === 'images' ? markedImages : marked;
}

/** What can be done with all marked rows. */
export function openBulkMenu(workspace: Workspace): void {
  const { view } = workspace;
  const count = markedKeys(workspace).size;
  if (count === 0) {
    view.say('info', 'nothing is marked: space marks, v a range, ctrl-a all');
    return;
  }
  const isImages = view.getState().list === 'images';
  openMenu(workspace, `With ${count} marked`, isImages ? imageItems(workspace) : containerItems(workspace));
}

function containerItems(workspace: Workspace): readonly MenuItem[] {
  const all = targets(workspace);
  const alive = all.filter(isAlive).length;
  const paused = all.filter(({ state }) => state.status === 'paused').length;
  const running = `${alive} of them run`;
  return [
    { label: 'start', hint: `${all.length - alive} of them do not run`, choose: () => startAll(workspace) },
    { label: 'stop', hint: running, choose: () => stopAll(workspace) },
    { label: 'restart', hint: '', choose: () => restart(workspace) },
    { label: 'pause', hint: `${paused} are paused and run on`, choose: () => pauseOrContinue(workspace) },
    { label: 'kill', hint: 'with a signal from a menu', choose: () => chooseSignal(workspace) },
    { label: 'remove', hint: 'those that do not run', choose: () => removeContainers(workspace, false) },
    { label: 'remove by force', hint: running, choose: () => removeContainers(workspace, true) },
  ];
}

function imageItems(workspace: Workspace): readonly MenuItem[] {
  return [
    { label: 'save', hint: 'all to one file', choose: () => openSave(workspace) },
    { label: 'push', hint: 'each under its first name', choose: () => pushAll(workspace) },
    { label: 'remove', hint: 'after a question', choose: () => removeImages(workspace, false) },
    {
      label: 'remove by force',
      hint: 'though stopped containers have them',
      choose: () => removeImages(workspace, true),
    },
  ];
}

function pushAll(workspace: Workspace): void {
  const names = imageTargets(workspace).flatMap(({ repoTags }) => repoTags.slice(0, 1));
  for (const name of names) workspace.transfers.start(workspace.requests.push(name));
  openTransfers(workspace);
}

/** Only rows that can be marked are: an embedded image that is not there yet cannot. */
function setMarks({ view, containers, resources }: Workspace, keys: ReadonlySet<string>, markAnchor?: string): void {
  if (view.getState().list === 'images') {
    const ids = resources.getState().images.map(({ id }) => id);
    view.setState({ markedImages: new Set<ImageId>(ids.filter((id) => keys.has(id))), markAnchor });
  } else {
    const ids = [...containers.getState().byId.keys()];
    view.setState({ marked: new Set<ContainerId>(ids.filter((id) => keys.has(id))), markAnchor });
  }
}
