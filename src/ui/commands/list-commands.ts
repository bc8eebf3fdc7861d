import type { MenuItem } from '../../store/dialog.js';
import { isAlive } from '../../store/list-rows.js';
import { containersOf, rowKey } from '../../store/listed-row.js';
import { selectListedRows } from '../../store/project-rows.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint, keyOf } from '../keymap.js';
import type { KeyedContext } from './command-context.js';
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
import { removeNetworks } from './network-commands.js';
import { openMenu } from './questions.js';
import { openSave, openTransfers } from './transfer-commands.js';
import { removeVolumes } from './volume-commands.js';

/** Marks the selected row, or takes its mark away, and goes to the next one. */
export function toggleMark(context: MoveContext): void {
  const { workspace } = context;
  const key = selectedKey(workspace);
  if (key === undefined) return;
  const marked = new Set(markedKeys(workspace));
  const keys = expandProjects(workspace, [key]);
  const isMarked = keys.every((each) => marked.has(each));
  for (const each of keys) {
    if (isMarked) marked.delete(each);
    else marked.add(each);
  }
  setMarks(workspace, marked, key);
  move(context, 'down');
}

/** Marks all rows between the one that was marked last and the selected one. */
export function markRange({ workspace, bindings }: KeyedContext): void {
  const { view } = workspace;
  const { list, markAnchor } = view.getState();
  const keys = listKeys(workspace, list);
  const key = selectedKey(workspace);
  if (key === undefined) return;
  const from = markAnchor === undefined ? -1 : keys.indexOf(markAnchor);
  const to = keys.indexOf(key);
  if (from < 0) {
    setMarks(workspace, new Set([...markedKeys(workspace), key]), key);
    view.say('info', `a range begins here${keyHint(bindings, 'mark-range', 'at its other end marks it')}`);
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
  const { list, marked, markedImages, markedVolumes, markedNetworks } = view.getState();
  return { containers: marked, images: markedImages, volumes: markedVolumes, networks: markedNetworks }[list];
}

/** What can be done with all marked rows. */
export function openBulkMenu(context: KeyedContext): void {
  const { workspace, bindings } = context;
  const count = markedKeys(workspace).size;
  const project = workspace.view.getState().list === 'containers' ? workspace.selectedProject() : undefined;
  if (count > 0) {
    openMenu(workspace, `With ${count} marked`, bulkItems(context));
  } else if (project !== undefined) {
    openMenu(workspace, `With project ${project.name}`, bulkItems(context));
  } else {
    const [one, range, all] = (['mark', 'mark-range', 'mark-all'] as const).map((each) => keyOf(bindings, each));
    workspace.view.say('info', `nothing is marked: ${one} marks, ${range} a range, ${all} all`);
  }
}

function bulkItems(context: KeyedContext): readonly MenuItem[] {
  const { workspace } = context;
  const hint = 'after a question';
  switch (workspace.view.getState().list) {
    case 'containers':
      return containerItems(context);
    case 'images':
      return imageItems(context);
    case 'volumes':
      return [{ label: 'remove', hint, choose: () => removeVolumes(workspace) }];
    case 'networks':
      return [{ label: 'remove', hint, choose: () => removeNetworks(workspace) }];
  }
}

function containerItems(context: KeyedContext): readonly MenuItem[] {
  const { workspace } = context;
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
    { label: 'remove', hint: 'those that do not run', choose: () => removeContainers(context, false) },
    { label: 'remove by force', hint: running, choose: () => removeContainers(context, true) },
  ];
}

function imageItems(context: KeyedContext): readonly MenuItem[] {
  const { workspace } = context;
  return [
    { label: 'save', hint: 'all to one file', choose: () => openSave(workspace) },
    { label: 'push', hint: 'each under its first name', choose: () => pushAll(workspace) },
    { label: 'remove', hint: 'after a question', choose: () => removeImages(context, false) },
    {
      label: 'remove by force',
      hint: 'though stopped containers have them',
      choose: () => removeImages(context, true),
    },
  ];
}

function pushAll(workspace: Workspace): void {
  const names = imageTargets(workspace).flatMap(({ repoTags }) => repoTags.slice(0, 1));
  for (const name of names) workspace.transfers.start(workspace.requests.push(name));
  openTransfers(workspace);
}

/** The row of a project stands for its containers. */
function expandProjects({ view, containers, stats }: Workspace, keys: Iterable<string>): readonly string[] {
  const state = view.getState();
  if (state.list !== 'containers' || !state.groupsProjects) return [...keys];
  const rows = selectListedRows(containers.getState(), stats.getState(), state);
  const members = new Map(rows.map((row) => [rowKey(row), containersOf([row]).map(({ id }) => id)]));
  return [...keys].flatMap((key) => members.get(key) ?? [key]);
}

/** Only rows that can be marked are: an embedded image that is not there yet cannot. */
function setMarks(workspace: Workspace, wanted: ReadonlySet<string>, markAnchor?: string): void {
  const { view, containers, resources } = workspace;
  const keys = new Set(expandProjects(workspace, wanted));
  const { images, volumes, networks } = resources.getState();
  const isMarked = (key: string) => keys.has(key);
  switch (view.getState().list) {
    case 'containers':
      view.setState({ marked: new Set([...containers.getState().byId.keys()].filter(isMarked)), markAnchor });
      break;
    case 'images':
      view.setState({ markedImages: new Set(images.map(({ id }) => id).filter(isMarked)), markAnchor });
      break;
    case 'volumes':
      view.setState({ markedVolumes: new Set(volumes.map(({ name }) => name).filter(isMarked)), markAnchor });
      break;
    case 'networks':
      view.setState({ markedNetworks: new Set(networks.map(({ id }) => id).filter(isMarked)), markAnchor });
      break;
  }
}
