import type { Dialog } from '../../store/dialog.js';
import type { CommandContext } from '../commands/command-context.js';
import type { PaintContext } from '../paint-context.js';
import { textWidth } from '../terminal/ansi-text.js';
import type { Rect } from '../terminal/rect.js';
import { type DialogContent, dialogContent } from './dialog-content.js';
import { lastTop, readDialogText } from './dialog-text.js';

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a dialog says on a screen of this size. */
export function readContent(context: PaintContext, dialog: Dialog, size: Size): DialogContent {
  return dialogContent(context, dialog, ...roomOf(size));
}

/** How far its text can be scrolled there. */
export function readScroll(context: PaintContext, dialog: Dialog | undefined, size: Size): DialogScroll {
  const text = dialog && readDialogText(context, dialog, ...roomOf(size));
  return text === undefined ? { start: 0, last: 0 } : { start: text.start, last: lastTop(text) };
}

type DialogScroll = ReturnType<CommandContext['dialogScroll']>;

const roomOf = ({ columns, rows }: Size): readonly [width: number, height: number] => [
  Math.max(1, Math.min(76, columns - 6)),
  Math.max(1, rows - 4),
];

/** In the middle of the screen. */
export function placeDialog(content: DialogContent, { columns, rows }: Size): Rect {
  const widest = Math.max(textWidth(content.title), ...content.lines.map(textWidth), 24);
  const width = Math.min(columns, widest + 4);
  const height = Math.min(rows, content.lines.length + 3);
  return { x: Math.floor((columns - width) / 2), y: Math.floor((rows - height) / 2), width, height };
}

/** Where there is no room for a frame there is none. */
export const hasFrame = ({ width, height }: Rect) => width >= 8 && height >= 3;

/** Where the lines stand, the margin left out. */
export function insideOf(rect: Rect): Rect {
  const { x, y, width, height } = rect;
  return hasFrame(rect) ? { x: x + 2, y: y + 1, width: width - 4, height: height - 2 } : rect;
}
