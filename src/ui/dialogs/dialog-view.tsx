import { Box, Text } from 'ink';
import { useStore } from 'zustand';
import type { Dialog } from '../../store/dialog.js';
import type { PaintContext } from '../paint-context.js';
import { clipText, textWidth } from '../terminal/ansi-text.js';
import type { FrameGlyphs } from '../terminal/glyphs.js';
import type { Rect } from '../terminal/rect.js';
import { Overlay } from '../terminal/surface.js';
import { type DialogContent, dialogContent } from './dialog-content.js';

interface DialogViewProps {
  readonly context: PaintContext;
  readonly dialog: Dialog;
  readonly columns: number;
  readonly rows: number;
}

/** The open dialog in the middle of the screen. */
export function DialogView({ context, dialog, columns, rows }: DialogViewProps) {
  useTransfers(context, dialog);
  const content = dialogContent(context, dialog, Math.max(1, Math.min(76, columns - 6)), Math.max(1, rows - 4));
  const rect = placeDialog(content, columns, rows);
  const inner = Math.max(1, rect.width - 4);
  const lines = content.lines.slice(0, Math.max(1, rect.height - 2));
  const { theme, glyphs } = context;
  const token = content.isDangerous ? 'error' : 'borderFocus';
  const frame = styleFrame(glyphs.frame, (piece) => theme.style(token, piece));
  const hasFrame = rect.width >= 8 && rect.height >= 3;
  if (!hasFrame) {
    return (
      <Overlay rect={rect}>
        {[content.title, ...content.lines].slice(0, rect.height).map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a picture have no other identity
          <Text key={i}>{clipText(line, 0, rect.width)}</Text>
        ))}
      </Overlay>
    );
  }
  return (
    <Overlay rect={rect}>
      <Box borderStyle={frame} width={rect.width} height={rect.height} flexDirection="column">
        {[titleLine(context, content, inner), ...lines].slice(0, rect.height - 2).map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a picture have no other identity
          <Text key={i} wrap="truncate">{` ${clipText(line, 0, inner)} `}</Text>
        ))}
      </Box>
    </Overlay>
  );
}

/** Draws anew what shows transfers when they move on. */
function useTransfers({ workspace }: PaintContext, dialog: Dialog): void {
  const isShowing = dialog.kind === 'transfer' || dialog.kind === 'transfers';
  useStore(workspace.transfers, (state) => (isShowing ? state : undefined));
}

/** Ink would take the number of colours from the environment of the process; the theme knows it already. */
function styleFrame(frame: FrameGlyphs, style: (piece: string) => string): FrameGlyphs {
  const { topLeft, top, topRight, right, bottomRight, bottom, bottomLeft, left } = frame;
  return {
    topLeft: style(topLeft),
    top: style(top),
    topRight: style(topRight),
    right: style(right),
    bottomRight: style(bottomRight),
    bottom: style(bottom),
    bottomLeft: style(bottomLeft),
    left: style(left),
  };
}

function titleLine({ theme }: PaintContext, content: DialogContent, width: number): string {
  return theme.style(content.isDangerous ? 'error' : 'title', clipText(content.title, 0, width));
}

function placeDialog(content: DialogContent, columns: number, rows: number): Rect {
  const widest = Math.max(textWidth(content.title), ...content.lines.map(textWidth), 24);
  const width = Math.min(columns, widest + 4);
  const height = Math.min(rows, content.lines.length + 3);
  return { x: Math.floor((columns - width) / 2), y: Math.floor((rows - height) / 2), width, height };
}
