import type { ColumnsDialog } from '../../store/dialog.js';
import type { Workspace } from '../../store/workspace.js';
import type { PaintContext } from '../paint-context.js';
import { COLUMN_NAMES } from '../rows/column-names.js';
import { choiceLine, isScrollKey, scroll, windowTop } from './choice-list.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';

/** The columns of a list with a box each; the first one, by which the rows are known, has none. */
export function columnsLines(context: PaintContext, { list, index }: ColumnsDialog, room: number): readonly string[] {
  const { theme, workspace } = context;
  const hidden = workspace.view.getState().hiddenColumns[list];
  const names = COLUMN_NAMES[list];
  const isLow = room < 8;
  const listed = Math.max(1, isLow ? room : room - 3);
  const top = windowTop(index, listed, names.length);
  const rows = names.slice(top, top + listed).map((name, i) => {
    const box = top + i === 0 ? ' * ' : hidden.includes(name) ? '[ ]' : '[x]';
    return choiceLine(context, `${box} ${name} `, top + i === index);
  });
  return [
    ...rows,
    ...(isLow ? [] : ['', theme.style('muted', 'as many as fit are shown')]),
    joinItems([
      keyItem(context, 'column-toggle', 'on/off'),
      keyItem(context, 'columns-all', 'all'),
      escapeItem(context, 'leave'),
    ]),
  ];
}

export function handleColumnsKey({ view }: Workspace, dialog: ColumnsDialog, key: string): void {
  const { list, index } = dialog;
  const names = COLUMN_NAMES[list];
  const name = names[index];
  if (key === 'q') {
    view.setState({ dialog: undefined });
  } else if (isScrollKey(key)) {
    view.setState({ dialog: { ...dialog, index: scroll(index, key, names.length - 1) } });
  } else if (key === '=') {
    view.setState(({ hiddenColumns }) => ({ hiddenColumns: { ...hiddenColumns, [list]: [] }, dialog: { ...dialog } }));
  } else if ((key === 'space' || key === 'enter') && index > 0 && name !== undefined) {
    view.setState(({ hiddenColumns }) => {
      const hidden = hiddenColumns[list];
      const changed = hidden.includes(name) ? hidden.filter((each) => each !== name) : [...hidden, name];
      // A new dialog is drawn anew.
      return { hiddenColumns: { ...hiddenColumns, [list]: changed }, dialog: { ...dialog } };
    });
  }
}
