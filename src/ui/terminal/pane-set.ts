import { clipText } from './ansi-text.js';
import { isSameRect, type Rect, rowSpan } from './rect.js';

/** Rows that change by themselves: exactly `height` rows of exactly `width` cells. */
export type Painter = (width: number, height: number) => readonly string[];

export interface Pane {
  rect: Rect;
  painter: Painter;
  /** Inside an overlay: overlays do not hide it. */
  isAbove?: boolean;
  /** In the first frame of all it is not there yet. */
  readonly isLater?: boolean;
}

/** The panes of a screen with what each has painted last, and the rectangles that hide them. */
export interface PaneSet {
  add(pane: Pane): void;
  remove(pane: Pane): void;
  readonly overlays: Set<Rect>;
  invalidate(pane: Pane): void;
  /** Everything is to be written again. */
  invalidateAll(): void;
  /** The sequences that paint all panes in full; the first time those alone that are not to come later, which stay invalid. */
  paintAll(): string;
  isAnyInvalid(): boolean;
  /** The sequences for the rows of invalid panes that differ from what was painted last; empty when none does. */
  paintChanged(): string;
}

/** Ink moves its cursor relative to where it left it: save and restore around our own movements. Wrapping at the edge is off meanwhile. */
const SAVE = '\x1b7\x1b[?7l';
const RESTORE = '\x1b[?7h\x1b8';

interface PaneState {
  readonly pane: Pane;
  rows: readonly string[];
  rect: Rect;
}

export function createPaneSet(): PaneSet {
  const panes = new Map<Pane, PaneState>();
  const overlays = new Set<Rect>();
  const dirty = new Set<Pane>();
  let hasBegun = false;
  const paint = (states: Iterable<PaneState>, isFull: boolean) => {
    let out = '';
    for (const state of states) out += paintPane(state, overlays, isFull);
    dirty.clear();
    return out === '' ? '' : SAVE + out + RESTORE;
  };
  return {
    overlays,
    add: (pane) => {
      panes.set(pane, { pane, rows: [], rect: pane.rect });
      dirty.add(pane);
    },
    remove: (pane) => {
      panes.delete(pane);
      dirty.delete(pane);
    },
    invalidate: (pane) => {
      dirty.add(pane);
    },
    invalidateAll: () => {
      for (const state of panes.values()) {
        state.rows = [];
        dirty.add(state.pane);
      }
    },
    paintAll: () => {
      const later = hasBegun ? [] : [...panes.keys()].filter(({ isLater }) => isLater === true);
      hasBegun ||= panes.size > 0;
      const out = paint(
        [...panes.values()].filter(({ pane }) => !later.includes(pane)),
        true,
      );
      for (const pane of later) dirty.add(pane);
      return out;
    },
    isAnyInvalid: () => dirty.size > 0,
    paintChanged: () =>
      paint(
        [...dirty].flatMap((pane) => panes.get(pane) ?? []),
        false,
      ),
  };
}

const NO_OVERLAYS: ReadonlySet<Rect> = new Set();

/** The sequences that bring a pane's rows to the terminal: all of them, or those that changed since the last time. */
function paintPane(state: PaneState, overlays: ReadonlySet<Rect>, isFull: boolean): string {
  const { rect, painter, isAbove } = state.pane;
  if (rect.width <= 0 || rect.height <= 0) return '';
  const isUnmoved = !isFull && isSameRect(rect, state.rect);
  const rows = painter(rect.width, rect.height);
  let out = '';
  for (let i = 0; i < rect.height; i++) {
    const row = rows[i] ?? '';
    if (isUnmoved && row === state.rows[i]) continue;
    out += paintRow(row, rect, rect.y + i, isAbove === true ? NO_OVERLAYS : overlays);
  }
  state.rows = rows;
  state.rect = rect;
  return out;
}

function paintRow(row: string, rect: Rect, y: number, overlays: ReadonlySet<Rect>): string {
  const hidden: (readonly [number, number])[] = [];
  for (const overlay of overlays) {
    const span = rowSpan(overlay, y, rect.x, rect.width);
    if (span !== undefined) hidden.push(span);
  }
  if (hidden.length === 0) return moveTo(rect.x, y) + row;
  hidden.sort((a, b) => a[0] - b[0]);
  let out = '';
  let from = 0;
  for (const [start, end] of [...hidden, [rect.width, rect.width] as const]) {
    if (start > from) out += moveTo(rect.x + from, y) + clipText(row, from, start - from);
    from = Math.max(from, end);
  }
  return out;
}

const moveTo = (x: number, y: number) => `\x1b[${y + 1};${x + 1}H`;
