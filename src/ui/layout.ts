import type { ListName, PaneName } from '../store/view-store.js';
import type { Rect } from './terminal/rect.js';

export type LayoutKind = 'tiny' | 'narrow' | 'standard' | 'portrait' | 'wide' | 'huge';

/** Where everything stands on a screen of one size. A part without a place is not shown. */
export interface Layout {
  readonly kind: LayoutKind;
  readonly columns: number;
  readonly rows: number;
  readonly header: Rect | undefined;
  readonly events: Rect | undefined;
  readonly status: Rect | undefined;
  readonly footer: Rect | undefined;
  readonly panes: Readonly<Partial<Record<PaneName, Rect>>>;
}

export interface LayoutInput {
  readonly columns: number;
  readonly rows: number;
  readonly list: ListName;
  /** Where there is room for one pane only: the list, or the details. */
  readonly isListFocused: boolean;
  /** Layers and files, or sessions, stand in place of the details; where there is room for one pane, this one. */
  readonly explored?: 'layers' | 'files' | 'sessions';
  readonly zoom: 'normal' | 'half' | 'full';
  /** Rows of what the last action did, or of what is typed. */
  readonly statusRows: number;
}

/** The list beside the details has room for its sparklines, and the details for two graphs. */
const MIN_LIST_WIDTH = 42;

type Panes = Partial<Record<PaneName, Rect>>;

/** The layout by the size of the screen: a pure function, computed once per resize. */
export function computeLayout(input: LayoutInput): Layout {
  const { columns, rows } = input;
  const kind = layoutKind(columns, rows);
  const hasChrome = kind !== 'tiny';
  const hasEvents = (kind === 'wide' || kind === 'huge') && rows >= 34 && input.zoom === 'normal';
  const eventsHeight = hasEvents ? (kind === 'huge' ? 6 : 3) : 0;
  const top = hasChrome ? 1 : 0;
  const bottom = (hasChrome ? 2 : 0) + eventsHeight;
  const body: Rect = { x: 0, y: top, width: columns, height: Math.max(1, rows - top - bottom) };
  const line = (y: number, height = 1): Rect => ({ x: 0, y, width: columns, height });
  return {
    kind,
    columns,
    rows,
    header: hasChrome ? line(0) : undefined,
    events: hasEvents ? line(rows - 2 - eventsHeight, eventsHeight) : undefined,
    status: statusPlace(hasChrome, input),
    footer: hasChrome ? line(rows - 1) : undefined,
    panes: placePanes(kind, body, input),
  };
}

/** Above the footer, a row of its own; what needs more of them stands in front of the panes, and so does all of it where there is no footer. */
function statusPlace(hasChrome: boolean, { columns, rows, statusRows }: LayoutInput): Rect | undefined {
  const below = hasChrome ? 1 : 0;
  const height = Math.max(below, Math.min(statusRows, Math.max(1, Math.floor(rows / 3)), rows - 1 - below));
  return height <= 0 ? undefined : { x: 0, y: rows - below - height, width: columns, height };
}

export function layoutKind(columns: number, rows: number): LayoutKind {
  if (columns < 40 || rows < 10) return 'tiny';
  if (columns < 80 || rows < 20) return 'narrow';
  if (columns < 100) return rows > 45 ? 'portrait' : 'standard';
  return columns >= 160 && rows >= 50 ? 'huge' : 'wide';
}

function placePanes(kind: LayoutKind, body: Rect, input: LayoutInput): Panes {
  const { isListFocused, list, zoom, explored } = input;
  const only: Panes = { [isListFocused ? list : (explored ?? 'detail')]: body };
  if (zoom === 'full') return only;
  if (explored !== undefined && kind !== 'tiny' && kind !== 'narrow')
    return explored === 'sessions' ? besideSessions(kind, body, list) : explore(kind, body, list);
  if (zoom === 'half' && kind !== 'tiny' && kind !== 'narrow')
    return body.width >= 100 ? splitColumns(body, list, 0.5) : splitRows(body, list, 0.5);
  switch (kind) {
    case 'tiny':
    case 'narrow':
      return only;
    case 'standard':
      return splitRows(body, list, 8 / 21);
    case 'portrait':
      return portrait(body, list);
    case 'wide':
      return wide(body, list);
    case 'huge':
      return huge(body);
  }
}

/** The list and its layers at the left, the files at the right; where that is too narrow, the list above both. A volume has no layers. */
function explore(kind: LayoutKind, body: Rect, list: ListName): Panes {
  const isWide = kind === 'wide' || kind === 'huge';
  const [first, second] = isWide
    ? sideBySide(body, 0.44)
    : stack(body, [Math.max(5, Math.round(body.height * 0.3)), 0]);
  if (list === 'volumes') return { volumes: first, files: second };
  if (!isWide) {
    const [layers, files] = sideBySide(second, 0.42);
    return { [list]: first, layers, files };
  }
  const [upper, lower] = stack(first, [Math.max(6, Math.round(first.height * 0.3)), 0]);
  return { [list]: upper, layers: lower, files: second };
}

/** Programs are made for eighty columns: the list leaves them as much as it can. */
function besideSessions(kind: LayoutKind, body: Rect, list: ListName): Panes {
  const isWide = kind === 'wide' || kind === 'huge';
  const width = body.width - Math.max(MIN_LIST_WIDTH, Math.round(body.width * 0.3));
  if (!isWide || width < 60) {
    const [upper, lower] = stack(body, [Math.max(5, Math.round(body.height * 0.25)), 0]);
    return { [list]: upper, sessions: lower };
  }
  const [left, right] = sideBySide(body, 1 - width / body.width);
  return { ...leftLists(left, list), sessions: right };
}

function splitRows(body: Rect, list: ListName, share: number): Panes {
  const [upper, lower] = stack(body, [Math.round(body.height * share), 0]);
  return { [list]: upper, detail: lower };
}

function splitColumns(body: Rect, list: ListName, share: number): Panes {
  const [left, right] = sideBySide(body, share);
  return { [list]: left, detail: right };
}

function portrait(body: Rect, list: ListName): Panes {
  const [upper, middle, lower] = stack(body, [Math.round(body.height * 0.3), Math.round(body.height * 0.42), 0]);
  return { [list]: upper, detail: middle, logs: lower };
}

function wide(body: Rect, list: ListName): Panes {
  const [left, right] = sideBySide(body, Math.max(MIN_LIST_WIDTH / body.width, 0.39));
  return { ...leftLists(left, list), ...rightDetails(right) };
}

/** Volumes and networks get more room while they are looked at. */
function leftLists(left: Rect, list: ListName): Panes {
  if (left.height < 24) return { [list]: left };
  const small = Math.max(4, Math.floor(left.height * 0.16));
  const heightOf = (name: ListName) => small + (list === name ? Math.floor(left.height * 0.2) : 0);
  const heights = [0, small + 1, heightOf('volumes'), heightOf('networks')] as const;
  const [containers, images, volumes, networks] = stack(left, heights);
  return { containers, images, volumes, networks };
}

function rightDetails(right: Rect): Panes {
  if (right.height >= 29) {
    const detail = Math.max(13, Math.floor(right.height * 0.42));
    const [stats, tune, namespaces, logs] = stack(right, [detail, 7, 6, 0]);
    return { detail: stats, tune, namespaces, logs };
  }
  if (right.height >= 24) {
    const [detail, tune, logs] = stack(right, [12, 7, 0]);
    return { detail, tune, logs };
  }
  return { detail: right };
}

function huge(body: Rect): Panes {
  const [left, right] = sideBySide(body, 0.5);
  const [containers, compare, resources, logs] = stack(left, [
    Math.floor(left.height * 0.32),
    Math.floor(left.height * 0.24),
    Math.floor(left.height * 0.2),
    0,
  ]);
  const [images, rest] = sideBySide(resources ?? left, 0.5);
  const [volumes, networks] = stack(rest, [Math.floor(rest.height / 2), 0]);
  const [detail, tune, namespaces] = stack(right, [
    0,
    Math.max(8, Math.floor(right.height * 0.24)),
    Math.max(8, Math.floor(right.height * 0.22)),
  ]);
  return { containers, compare, images, volumes, networks, logs, detail, tune, namespaces };
}

/** Rectangles below each other; the one height that is 0 takes what is left. */
function stack<const Heights extends readonly number[]>(
  rect: Rect,
  heights: Heights,
): { -readonly [K in keyof Heights]: Rect } {
  const rest = rect.height - heights.reduce((sum, height) => sum + height, 0);
  let y = rect.y;
  const rects = heights.map((height) => {
    const own = height === 0 ? Math.max(0, rest) : height;
    const placed = { x: rect.x, y, width: rect.width, height: own };
    y += own;
    return placed;
  });
  return rects as { -readonly [K in keyof Heights]: Rect };
}

function sideBySide(rect: Rect, share: number): readonly [Rect, Rect] {
  const left = Math.round(rect.width * share);
  return [
    { ...rect, width: left },
    { ...rect, x: rect.x + left, width: rect.width - left },
  ];
}
