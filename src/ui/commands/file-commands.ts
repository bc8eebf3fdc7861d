import { type FileMark, markOf } from '../../model/file-tree.js';
import type { ExtractSource } from '../../store/actions.js';
import { selectSubject } from '../../store/files-follower.js';
import { isOfVolume, type LayeredSubject } from '../../store/files-store.js';
import type { Workspace } from '../../store/workspace.js';
import type { Command } from '../command.js';
import type { CommandContext } from './command-context.js';

type FileCommand = Extract<Command, `tree-${string}`>;

/** What the keys of the layers and files do. */
export const FILE_RUNNERS: Readonly<Record<FileCommand, (context: CommandContext) => void>> = {
  'tree-fold': ({ workspace }) => fold(workspace),
  'tree-fold-all': ({ workspace }) => workspace.files.toggleAllFolds(),
  'tree-this-layer': onLayers((workspace) => setScope(workspace, 'layer')),
  'tree-stack': onLayers((workspace) => setScope(workspace, 'stack')),
  'tree-added': onLayers((workspace) => toggleMark(workspace, 'added')),
  'tree-changed': onLayers((workspace) => toggleMark(workspace, 'changed')),
  'tree-deleted': onLayers((workspace) => toggleMark(workspace, 'deleted')),
  'tree-unchanged': onLayers((workspace) => toggleMark(workspace, 'unchanged')),
  'tree-waste': onLayers(toggleWaste),
  'tree-extract': ({ workspace }) => askWhereTo(workspace),
  'tree-filter': ({ workspace }) => openFilter(workspace),
};

/** From the palette they can be asked for elsewhere too. */
function onLayers(run: (workspace: Workspace) => void): (context: CommandContext) => void {
  return ({ workspace }) => {
    if (!isOfVolume(selectSubject(workspace))) run(workspace);
    else workspace.view.say('info', 'a volume has no layers');
  };
}

/** The layers of what is selected, or the files of a volume, with the focus. */
export function showLayers({ view }: Workspace): void {
  const { list } = view.getState();
  view.setState({ showsSessions: false });
  if (list === 'images') view.setState({ showsImageDetails: false, focus: 'layers' });
  else view.setState({ list: list === 'volumes' ? list : 'containers', showsLayers: true, focus: 'files' });
}

/** One step back: the filter, the wasted list, then the list that the layers are of. */
export function leaveFiles({ view, files }: Workspace): void {
  const { filter, showsWaste } = files.getState();
  if (filter !== '') files.setView({ filter: '' });
  else if (showsWaste) files.setState({ showsWaste: false });
  else view.setState(({ list }) => ({ focus: list, zoom: 'normal', showsLayers: false }));
}

function fold({ view, files }: Workspace): void {
  if (view.getState().focus === 'layers') view.setState({ focus: 'files' });
  else if (!files.toggleFold()) view.say('info', 'no directory with files in it: there is nothing to fold');
}

function setScope({ files }: Workspace, scope: 'layer' | 'stack'): void {
  files.setState({ showsWaste: false });
  files.setView({ scope });
}

function toggleMark({ files, view }: Workspace, mark: FileMark): void {
  files.toggleMark(mark);
  view.say('info', `${mark} files are ${files.getState().hidden.has(mark) ? 'hidden' : 'shown'}`);
}

function toggleWaste({ files, view }: Workspace): void {
  files.setState(({ showsWaste }) => ({ showsWaste: !showsWaste }));
  view.setState({ focus: 'files' });
}

function openFilter({ files, view }: Workspace): void {
  const { filter } = files.getState();
  files.setState({ showsWaste: false });
  const prompt = { kind: 'files', text: filter, cursor: [...filter].length, before: filter } as const;
  view.setState({ focus: 'files', prompt });
}

function askWhereTo({ files, view, actions }: Workspace): void {
  const { tree, subject, layers, layer } = files.getState();
  const node = files.selectedNode();
  if (tree === undefined || node === undefined || subject === undefined) {
    view.say('info', 'no file is selected');
    return;
  }
  const isDeleted = markOf(tree, node) === 'deleted';
  const path = tree.path(node);
  if (tree.file(node).kind === 'whiteout') {
    view.say('info', `${path} is only taken away here: no layer below has it`);
    return;
  }
  const isOwn = layers[layer]?.layer === undefined && !isDeleted;
  const from = isOfVolume(subject)
    ? { volume: subject.volume }
    : sourceOf(subject, { isOwn, layer: isDeleted ? layer - 1 : layer });
  const text = `./${tree.name(node)}`;
  const dialog = {
    kind: 'text',
    title: `Extract ${path}`,
    text,
    cursor: [...text].length,
    hint: 'a file or directory of this host',
    verb: 'extract',
    submit: (target: string) => void actions.extract({ path, from }, target),
  } as const;
  view.setState({ dialog });
}

/** Of a container what is its own; else a layer, which still has what the one above it takes away. */
function sourceOf(
  { containerId, imageId, name }: LayeredSubject,
  { isOwn, layer }: { readonly isOwn: boolean; readonly layer: number },
): ExtractSource['from'] {
  if (isOwn && containerId !== undefined) return { container: { id: containerId, name } };
  return { imageId, name: containerId === undefined ? name : imageId.slice(7, 19), layer };
}
