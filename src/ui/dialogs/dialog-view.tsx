import { Box, Text } from 'ink';
import { type PropsWithChildren, useCallback } from 'react';
import { type StoreApi, useStore } from 'zustand';
import type { Dialog } from '../../store/dialog.js';
import type { PaintContext } from '../paint-context.js';
import { fitRows } from '../rows/frame.js';
import { clipText } from '../terminal/ansi-text.js';
import type { FrameGlyphs } from '../terminal/glyphs.js';
import type { Painter } from '../terminal/pane-set.js';
import type { Rect } from '../terminal/rect.js';
import { Overlay, Surface } from '../terminal/surface.js';
import type { DialogContent } from './dialog-content.js';
import { hasFrame, insideOf, placeDialog, readContent } from './dialog-place.js';

interface DialogViewProps {
  readonly context: PaintContext;
  readonly dialog: Dialog;
  readonly columns: number;
  readonly rows: number;
}

/** The open dialog in the middle of the screen. */
export function DialogView(props: DialogViewProps) {
  const { kind } = props.dialog;
  return kind === 'transfer' || kind === 'transfers' || kind === 'events' ? (
    <LiveDialog {...props} />
  ) : (
    <StillDialog {...props} />
  );
}

function StillDialog(props: DialogViewProps) {
  const { context, dialog } = props;
  const content = readContent(context, dialog, props);
  const rect = placeDialog(content, props);
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
  const store = dialog.kind === 'events' ? context.workspace.events : context.workspace.transfers;
  useStore<StoreApi<unknown>, number>(store, () => readContent(context, dialog, props).lines.length);
  const rect = placeDialog(readContent(context, dialog, props), props);
  const inner = insideOf(rect);
  const painter = useCallback<Painter>(
    (width, height) =>
      fitRows(contentRows(context, readContent(context, dialog, { columns, rows }), width), width, height),
    [context, dialog, columns, rows],
  );
  const subscribe = useCallback((onChange: () => void) => store.subscribe(onChange), [store]);
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

function contentRows(context: PaintContext, content: DialogContent, width: number): readonly string[] {
  return [titleLine(context, content, width), ...content.lines.map((line) => clipText(line, 0, width))];
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
