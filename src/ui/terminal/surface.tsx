import { Box, Text } from 'ink';
import { createContext, type ReactNode, useContext, useLayoutEffect, useReducer, useState } from 'react';
import type { Compositor } from './compositor.js';
import type { Painter, Pane } from './pane-set.js';
import type { Rect } from './rect.js';

export const CompositorContext = createContext<Compositor | undefined>(undefined);

export interface SurfaceProps {
  readonly rect: Rect;
  readonly painter: Painter;
  /** Calls back whenever the painter may give other rows. */
  readonly subscribe: (onChange: () => void) => () => void;
  /** It stands in an overlay. */
  readonly isAbove?: boolean;
  /** In its first frame it comes after others. */
  readonly isLater?: boolean;
}

/** A rectangle of the screen that is painted by the compositor; without one (pipes, screen readers) it is plain text of Ink's. */
export function Surface({ rect, painter, subscribe, isAbove = false, isLater = false }: SurfaceProps) {
  const compositor = useContext(CompositorContext);
  const [pane] = useState<Pane>(() => ({ rect, painter, isAbove, isLater }));
  const [, repaint] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    pane.rect = rect;
    pane.painter = painter;
    pane.isAbove = isAbove;
    compositor?.invalidate(pane);
  });
  useLayoutEffect(() => compositor?.addPane(pane), [compositor, pane]);
  // At once: what changes between the first painting and a later effect would be missed.
  useLayoutEffect(
    () => subscribe(compositor === undefined ? repaint : () => compositor.invalidate(pane)),
    [compositor, pane, subscribe],
  );
  if (rect.width <= 0 || rect.height <= 0 || compositor !== undefined) return null;
  return (
    <Box position="absolute" left={rect.x} top={rect.y} width={rect.width} height={rect.height}>
      <Text wrap="truncate">{painter(rect.width, rect.height).join('\n')}</Text>
    </Box>
  );
}

/** Ink's own content above the surfaces: they are not painted inside it. */
export function Overlay({ rect, children }: { readonly rect: Rect; readonly children?: ReactNode }) {
  const compositor = useContext(CompositorContext);
  const { x, y, width, height } = rect;
  useLayoutEffect(() => compositor?.addOverlay({ x, y, width, height }), [compositor, x, y, width, height]);
  return (
    <Box position="absolute" left={x} top={y} width={width} height={height} flexDirection="column" overflow="hidden">
      {children}
    </Box>
  );
}
