import type { Dialog } from '../../store/dialog.js';
import type { CommandContext } from '../commands/command-context.js';
import type { Layout } from '../layout.js';
import type { PaintContext } from '../paint-context.js';
import { stripStyles } from '../terminal/ansi-text.js';
import type { MouseEvent } from '../terminal/mouse.js';
import { hasCell } from '../terminal/rect.js';
import { CONTINUED } from './choice-list.js';
import { handleDialogKey } from './dialog-keys.js';
import { insideOf, placeDialog, readContent } from './dialog-place.js';

export interface DialogScreen {
  readonly paint: PaintContext;
  readonly commands: CommandContext;
  readonly layout: Pick<Layout, 'columns' | 'rows'>;
}

/**
 * A click on a row of a list chooses it, one on the chosen row does it; one on an answer gives it. Outside, the dialog is closed as with
 * escape, which never does what it asks.
 */
export function clickDialog({ paint, commands, layout }: DialogScreen, dialog: Dialog, at: MouseEvent): void {
  const content = readContent(paint, dialog, layout);
  const rect = placeDialog(content, layout);
  if (!hasCell(rect, at)) {
    handleDialogKey(commands, dialog, 'esc');
    return;
  }
  const inside = insideOf(rect);
  // The first row is the title.
  const line = at.y - inside.y - 1;
  const lines = content.lines.map(stripStyles);
  if (dialog.kind === 'confirm' && line === lines.length - 1) {
    const isVerb = at.x - inside.x < (lines[line] ?? '').indexOf('  ');
    handleDialogKey(commands, dialog, isVerb ? 'enter' : 'esc');
  } else if ('index' in dialog && dialog.kind !== 'form') {
    clickItem(commands, dialog, distanceFromChosen(lines, line, paint.glyphs.cursor));
  }
}

/** In choices, of which the chosen one may take several rows. */
function distanceFromChosen(lines: readonly string[], line: number, cursor: string): number {
  const chosen = lines.findIndex((each) => each.startsWith(`${cursor} `));
  const end = lines.findIndex((each, i) => i > chosen && !each.startsWith(CONTINUED));
  if (line < chosen) return line - chosen;
  return end < 0 || line < end ? 0 : line - end + 1;
}

type ListDialog = Extract<Dialog, { readonly kind: 'menu' | 'palette' | 'columns' | 'transfers' }>;

/** Clicked `distance` rows below the chosen one. */
function clickItem(commands: CommandContext, dialog: ListDialog, distance: number): void {
  if (distance === 0) {
    handleDialogKey(commands, dialog, 'enter');
    return;
  }
  const step = distance > 0 ? 'down' : 'up';
  for (let i = Math.abs(distance); i > 0; i--) {
    const now = commands.workspace.view.getState().dialog;
    if (now !== undefined) handleDialogKey(commands, now, step);
  }
}
