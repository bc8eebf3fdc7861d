import type { ColumnsDialog } from '../../store/dialog.js';
import type { Workspace } from '../../store/workspace.js';
import type { PaintContext } from '../paint-context.js';
import { COLUMN_NAMES } from '../rows/column-names.js';

/** The columns of a list with a box each; the first one, by which the rows are known, has none. */
export function columnsLines(context: PaintContext, { list, index }: ColumnsDialog, room: number): readonly string[] {
  const { theme, glyphs, workspace } = context;
  const hidden = workspace.view.getState().hiddenColumns[list];
  const names = COLUMN_NAMES[list];
  const top = Math.max(0, Math.min(index - Math.floor(room / 2), names.length - Math.max(1, room - 3)));
  const rows = names.slice(top, top + Math.max(1, room - 3)).map((name, i) => {
    const box = top + i === 0 ? ' * ' : hidden.includes(name) ? '[ ]' : '[x]';
    const text = `${box} ${name}`;
    return top + i === index ? theme.base('selection', `${glyphs.cursor} ${text} `) : `  ${text}`;
  });
  const key = (name: string) => theme.style('key', name);
  return [
    ...rows,
    '',
    theme.style('muted', 'as many as fit are shown'),
    `${key('space')} on/off   ${key('=')} all   ${key('esc')} leave`,
  ];
}

export function handleColumnsKey({ view }: Workspace, dialog: ColumnsDialog, key: string): void {
  const { list, index } = dialog;
  const names = COLUMN_NAMES[list];
  const step = key === 'down' || key === 'j' ? 1 : key === 'up' || key === 'k' ? -1 : 0;
  const name = names[index];
  if (key === 'q' || key === 'C') {
    view.setState({ dialog: undefined });
  } else if (step !== 0) {
    view.setState({ dialog: { ...dialog, index: Math.max(0, Math.min(names.length - 1, index + step)) } });
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
