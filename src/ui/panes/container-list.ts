import { isAlive } from '../../store/list-rows.js';
import { containersOf, type ListedRow, rowKey } from '../../store/listed-row.js';
import { selectListedRows } from '../../store/project-rows.js';
import type { Command } from '../command.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { chosenColumns } from '../rows/column-names.js';
import { containerColumns } from '../rows/container-columns.js';
import { drawFrame, fitRows } from '../rows/frame.js';
import { keyLabel } from '../rows/key-label.js';
import { drawList } from '../rows/list-rows.js';
import { toListedColumns } from '../rows/project-columns.js';
import { fillHanging } from '../rows/text-lines.js';

/** The list of containers in its frame; what to do first instead of an empty one. */
export function paintContainerList(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const containers = workspace.containers.getState();
  const view = workspace.view.getState();
  const rows = selectListedRows(containers, workspace.stats.getState(), view);
  const alive = [...containers.byId.values()].filter(isAlive).length;
  const { filter } = view.lists.containers;
  const notes = [
    ...(view.marked.size > 0 ? [`${view.marked.size} marked`] : []),
    ...(view.showsAll ? [] : ['running only']),
    ...(view.groupsProjects ? ['by project'] : []),
    ...(view.sort.column === 'created' && !view.sort.isReversed
      ? []
      : [`sort ${view.sort.column}${view.sort.isReversed ? ' reversed' : ''}`]),
    ...(filter === '' ? [] : [theme.style('match', `/${filter}`)]),
  ];
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: `${theme.style('key', keyOf(context.bindings, 'pane-1'))} ${theme.style('title', 'Containers')} ${alive}/${containers.byId.size}`,
      notes,
      content: (innerWidth, innerHeight) => {
        if (rows.length === 0) return emptyRows(context, innerWidth, innerHeight);
        const columns = chosenColumns(containerColumns(context, innerWidth), view.hiddenColumns.containers);
        return drawList(
          context,
          {
            rows,
            columns: toListedColumns(context, columns),
            list: view.lists.containers,
            isFocused,
            isCurrent: view.list === 'containers',
            key: rowKey,
            isMarked: (row) => containersOf([row]).every(({ id }) => view.marked.has(id)),
          },
          innerWidth,
          innerHeight,
        );
      },
    },
    theme,
    glyphs,
  );
}

/** One line a container without frame or titles, for screens below 40x10. */
export function paintTinyList(context: PaintContext, width: number, height: number): string[] {
  const { workspace } = context;
  const rows = selectListedRows(workspace.containers.getState(), workspace.stats.getState(), workspace.view.getState());
  if (rows.length === 0) return fitRows(emptyRows(context, width, height), width, height);
  const columns = containerColumns(context, width).filter(({ title }) =>
    ['NAME', 'STATE', 'CPU%', 'MEM'].includes(title),
  );
  const list = workspace.view.getState().lists.containers;
  const shown = {
    rows,
    columns: toListedColumns(context, columns),
    list,
    isFocused: true,
    isCurrent: true,
    key: rowKey,
  };
  return fitRows(drawList<ListedRow>(context, shown, width, height), width, height);
}

function emptyRows(context: PaintContext, width: number, height: number): readonly string[] {
  const { theme, bindings, glyphs, workspace } = context;
  const { isLoaded, byId } = workspace.containers.getState();
  const key = (command: Command) => theme.style('key', keyLabel(keyOf(bindings, command), glyphs));
  if (!isLoaded) return [theme.style('muted', 'reading …')];
  if (byId.size > 0) return [`${byId.size} hidden.  ${key('back')} clears the filter, ${key('toggle-all')} shows all.`];
  const steps = firstSteps(context, width);
  return steps.length <= height ? steps : steps.filter((row) => row !== '');
}

/** What there is to do on a host without containers, with the keys that do it. */
function firstSteps({ workspace, theme, bindings }: PaintContext, width: number): readonly string[] {
  const { embedded, images, areImagesLoaded } = workspace.resources.getState();
  const first = images[0]?.repoTags[0] ?? embedded.find((image) => image.unavailable === undefined)?.name;
  const step = (commands: readonly Command[], text: string) => {
    const keys = commands.map((command) => keyOf(bindings, command)).join(' ');
    return fillHanging(`${theme.style('key', keys.padEnd(6))} `, text, width);
  };
  return [
    'No containers yet.',
    ...(workspace.view.getState().isReadOnly ? [theme.style('muted', 'The screen is read-only.')] : ['']),
    first !== undefined
      ? `Press ${theme.style('key', keyOf(bindings, 'open'))} to run ${first}`
      : areImagesLoaded
        ? 'No image yet either: bring one first'
        : theme.style('muted', 'reading …'),
    ...step(['pane-2', 'pull'], 'pull an image from a registry'),
    ...step(['pane-2', 'load'], 'load images from a file; gantry import makes one of a tar'),
    ...step(['help', 'palette'], 'all keys; everything by name'),
  ];
}
