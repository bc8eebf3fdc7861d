import { Box, Text } from 'ink';
import { type PropsWithChildren, useCallback } from 'react';
import { useStore } from 'zustand';
import type { Dialog } from '../../store/dialog.js';
import type { PaintContext } from '../paint-context.js';
import { fitRows } from '../rows/frame.js';
import { clipText, textWidth } from '../terminal/ansi-text.js';
import type { FrameGlyphs } from '../terminal/glyphs.js';
import type { Painter } from '../terminal/pane-set.js';
import type { Rect } from '../terminal/rect.js';
import { Overlay, Surface } from '../terminal/surface.js';
import { type DialogContent, dialogContent } from './dialog-content.js';

interface DialogViewProps {
  readonly context: PaintContext;
  readonly dialog: Dialog;
  readonly columns: number;
  readonly rows: number;
}

/** The open dialog in the middle of the screen. */
export function DialogView(props: DialogViewProps) {
  const { kind } = props.dialog;
  return kind === 'transfer' || kind === 'transfers' ? <LiveDialog {...props} /> : <StillDialog {...props} />;
}

function StillDialog(props: DialogViewProps) {
  const { context, columns, rows } = props;
  const content = readContent(props);
  const rect = placeDialog(content, columns, rows);
  const inner = insideOf(rect);
  const lines = contentRows(context, content, inner.width).slice(0, inner.height);
  const margin = hasFrame(rect) ? ' ' : '';
  return (
    <Overlay rect={rect}>
      <DialogFrame context={context} rect={rect} isDangerous={content.isDangerous}>
        {lines.map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a picture have no other identity
          <Text key={i} wrap="truncate">{`${margin}${line}${margin}`}</Text>
        ))}
      </DialogFrame>
    </Overlay>
  );
}

/** A dialog whose text changes by itself: Ink draws its frame, and anew only where the number of lines is another one. */
function LiveDialog(props: DialogViewProps) {
  const { context, dialog, columns, rows } = props;
  const { transfers } = context.workspace;
  useStore(transfers, () => readContent(props).lines.length);
  const rect = placeDialog(readContent(props), columns, rows);
  const inner = insideOf(rect);
  const painter = useCallback<Painter>(
    (width, height) =>
      fitRows(contentRows(context, readContent({ context, dialog, columns, rows }), width), width, height),
    [context, dialog, columns, rows],
  );
  const subscribe = useCallback((onChange: () => void) => transfers.subscribe(onChange), [transfers]);
  return (
    <>
      <Overlay rect={rect}>
        <DialogFrame context={context} rect={rect} isDangerous={false} />
      </Overlay>
      <Surface rect={inner} painter={painter} subscribe={subscribe} isAbove />
    </>
  );
}

interface DialogFrameProps {
  readonly context: PaintContext;
  readonly rect: Rect;
  readonly isDangerous: boolean;
}

/** What is inside has a margin of a cell at both sides; where there is no room for a frame there is none. */
function DialogFrame({ context, rect, isDangerous, children }: PropsWithChildren<DialogFrameProps>) {
  if (!hasFrame(rect)) return children;
  const { theme, glyphs } = context;
  const frame = styleFrame(glyphs.frame, (piece) => theme.style(isDangerous ? 'error' : 'borderFocus', piece));
  return (
    <Box borderStyle={frame} width={rect.width} height={rect.height} flexDirection="column">
      {children}
    </Box>
  );
}

function readContent({ context, dialog, columns, rows }: DialogViewProps): DialogContent {
  return dialogContent(context, dialog, Math.max(1, Math.min(76, columns - 6)), Math.max(1, rows - 4));
}

function contentRows(context: PaintContext, content: DialogContent, width: number): readonly string[] {
  return [titleLine(context, content, width), ...content.lines.map((line) => clipText(line, 0, width))];
}

const hasFrame = ({ width, height }: Rect) => width >= 8 && height >= 3;

/** Where the lines stand, the margin left out. */
function insideOf(rect: Rect): Rect {
  const { x, y, width, height } = rect;
  return hasFrame(rect) ? { x: x + 2, y: y + 1, width: width - 4, height: height - 2 } : rect;
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
