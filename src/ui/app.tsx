import { Box, useInput, useWindowSize } from 'ink';
import { useCallback, useEffect, useLayoutEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { isExploring, type PaneName, type ViewState } from '../store/view-store.js';
import type { Workspace } from '../store/workspace.js';
import type { CommandContext } from './commands/command-context.js';
import { isListName, settleFocus } from './commands/navigation.js';
import { DialogView } from './dialogs/dialog-view.js';
import { keyNames } from './key-names.js';
import { routeKey } from './key-router.js';
import { computeLayout, type Layout, layoutKind } from './layout.js';
import { routeMouse } from './mouse-router.js';
import type { PaintContext } from './paint-context.js';
import { paintEvents, paintFooter, paintHeader, paintStatus } from './panes/chrome.js';
import { paintComparePane } from './panes/compare-graphs.js';
import { paintContainerList, paintTinyList } from './panes/container-list.js';
import { paintDetailPane, paintSidePane } from './panes/detail-pane.js';
import { paintFiles } from './panes/files-pane.js';
import { paintImageList } from './panes/image-list.js';
import { paintLayers } from './panes/layers-pane.js';
import { LayersTable } from './panes/layers-table.js';
import { paintResourceList } from './panes/resource-lists.js';
import { paintSessions } from './panes/sessions-pane.js';
import { fitRows, insideOfFrame } from './rows/frame.js';
import { createSessionMouse } from './sessions/session-mouse.js';
import type { MouseInput } from './terminal/mouse-input.js';
import type { Painter } from './terminal/pane-set.js';
import type { Rect } from './terminal/rect.js';
import { Overlay, Surface } from './terminal/surface.js';

export interface AppProps {
  readonly context: PaintContext;
  readonly commands: CommandContext;
  readonly mouse: MouseInput;
}

/** The whole screen: where the panes stand, which dialog is open, and the one place where keys come in. */
export function App({ context, commands, mouse }: AppProps) {
  const { columns, rows } = useWindowSize();
  const { view } = context.workspace;
  const list = useStore(view, (state) => state.list);
  const zoom = useStore(view, (state) => state.zoom);
  const dialog = useStore(view, (state) => state.dialog);
  const isListFocused = useStore(view, (state) => state.focus === state.list);
  const explored = useStore(view, exploredPane);
  const wanted = useStatusRows(context, columns);
  const statusRows = layoutKind(columns, rows) === 'tiny' ? wanted : Math.max(1, wanted);
  const layout = useMemo(
    () => computeLayout({ columns, rows, list, zoom, isListFocused, statusRows, ...(explored && { explored }) }),
    [columns, rows, list, zoom, isListFocused, statusRows, explored],
  );
  useLayoutEffect(() => {
    const panes = paneNames(layout);
    view.setState((state) => ({
      ...{ panes, listHeights: listHeights(layout) },
      ...{ screen: { width: layout.columns, height: layout.rows }, insides: insidesOf(layout) },
      ...settleFocus(state, panes),
    }));
    // A frame leaves that much room; below its least size there is none.
    const room = layout.panes.sessions;
    if (room !== undefined) context.sessions.resize(Math.max(2, room.width - 4), Math.max(1, room.height - 2));
  }, [view, layout, context]);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) routeKey(commands, name);
  });
  useEffect(
    () =>
      mouse.listen((event) =>
        routeMouse({ paint: context, commands, layout, paintedRow: paintedRowOf(context, layout) }, event),
      ),
    [mouse, context, commands, layout],
  );
  // It knows where a button is held, which outlives a layout.
  const takeMouse = useMemo(() => createSessionMouse(context.sessions, view), [context, view]);
  useEffect(() => {
    const { sessions } = layout.panes;
    return mouse.intercept((report) => takeMouse(report, sessions && insideOf(sessions)));
  }, [mouse, layout, takeMouse]);
  return (
    <Box width={columns} height={rows} overflow="hidden">
      <Chrome context={context} layout={layout} />
      {paneNames(layout).map((name) => (
        <PaneSurface
          key={name}
          context={context}
          name={name}
          rect={layout.panes[name]}
          isTiny={layout.kind === 'tiny'}
        />
      ))}
      {layout.panes.detail && layout.kind !== 'tiny' && (
        <LayersTable context={context} rect={insideOf(layout.panes.detail)} />
      )}
      {dialog === undefined ? null : <DialogView context={context} dialog={dialog} columns={columns} rows={rows} />}
    </Box>
  );
}

/** Rows of the message below the panes, which a dialog hides. */
function useStatusRows(context: PaintContext, columns: number): number {
  const { view, stats } = context.workspace;
  const count = () => (view.getState().dialog === undefined ? paintStatus(context, columns).length : 0);
  useStore(view, count);
  // It goes with the time.
  useStore(stats, count);
  return count();
}

/** A row of a pane as it is painted. */
function paintedRowOf(context: PaintContext, { kind, panes }: Layout): (name: PaneName, y: number) => string {
  return (name, y) => {
    const { width = 0, height = 0 } = panes[name] ?? {};
    return paintPane(context, { name, isTiny: kind === 'tiny' }, width, height)[y] ?? '';
  };
}

function exploredPane(view: ViewState): 'layers' | 'files' | 'sessions' | undefined {
  if (view.showsSessions) return 'sessions';
  if (!isExploring(view)) return undefined;
  return view.focus === 'layers' ? 'layers' : 'files';
}

/** Where drawFrame puts the content. */
const insideOf = ({ x, y, width, height }: Rect): Rect => ({
  x: x + 2,
  y: y + 1,
  width: width - 4,
  height: height - 2,
});

interface PaneSurfaceProps {
  readonly context: PaintContext;
  readonly name: PaneName;
  readonly rect: Rect | undefined;
  readonly isTiny: boolean;
}

function PaneSurface({ context, name, rect, isTiny }: PaneSurfaceProps) {
  const painter = useCallback<Painter>(
    (width, height) => paintPane(context, { name, isTiny }, width, height),
    [context, name, isTiny],
  );
  const subscribe = useSubscription(context, name);
  // The list first: it is what people wait for.
  return rect === undefined ? null : (
    <Surface rect={rect} painter={painter} subscribe={subscribe} isLater={name !== 'containers'} />
  );
}

function paintPane(
  context: PaintContext,
  pane: { readonly name: PaneName; readonly isTiny: boolean },
  width: number,
  height: number,
): readonly string[] {
  const { name, isTiny } = pane;
  const isFocused = context.workspace.view.getState().focus === name;
  switch (name) {
    case 'containers':
      return isTiny ? paintTinyList(context, width, height) : paintContainerList(context, isFocused, width, height);
    case 'images':
      return paintImageList(context, isFocused, width, height);
    case 'volumes':
    case 'networks':
      return paintResourceList(context, { name, isFocused }, width, height);
    case 'detail':
      return paintDetailPane(context, isFocused, width, height);
    case 'layers':
      return paintLayers(context, isFocused, width, height);
    case 'files':
      return paintFiles(context, isFocused, width, height);
    case 'compare':
      return paintComparePane(context, isFocused, width, height);
    case 'sessions':
      return paintSessions(context, isFocused, width, height);
    case 'tune':
    case 'namespaces':
    case 'logs':
      return paintSidePane(context, { tab: name, isFocused }, width, height);
  }
}

function Chrome({ context, layout }: { readonly context: PaintContext; readonly layout: Layout }) {
  const onHeader = useSubscription(context, 'header');
  const onStatus = useSubscription(context, 'status');
  const onFooter = useSubscription(context, 'footer');
  const onEvents = useSubscription(context, 'events');
  const header = useCallback<Painter>((width) => paintHeader(context, width), [context]);
  const status = useCallback<Painter>(
    (width, height) => fitRows(paintStatus(context, width), width, height),
    [context],
  );
  const isInFront = layout.footer === undefined || (layout.status?.height ?? 0) > 1;
  const footer = useCallback<Painter>((width) => paintFooter(context, width), [context]);
  const events = useCallback<Painter>((width, height) => paintEvents(context, width, height), [context]);
  return (
    <>
      {layout.header && <Surface rect={layout.header} painter={header} subscribe={onHeader} />}
      {layout.events && <Surface rect={layout.events} painter={events} subscribe={onEvents} />}
      {layout.status && <Surface rect={layout.status} painter={status} subscribe={onStatus} isAbove={isInFront} />}
      {layout.status && isInFront && <Overlay rect={layout.status} />}
      {layout.footer && <Surface rect={layout.footer} painter={footer} subscribe={onFooter} />}
    </>
  );
}

type Part = PaneName | 'header' | 'status' | 'footer' | 'events';

/** Calls back when a store has changed that the part shows. Painting is cheap, and only rows that differ are written. */
function useSubscription({ workspace, sessions }: PaintContext, part: Part): (onChange: () => void) => () => void {
  return useCallback(
    (onChange) => {
      const stops = storesOf(workspace, part).map((store) => store.subscribe(onChange));
      if (part === 'sessions' || part === 'footer' || part === 'header') stops.push(sessions.subscribe(onChange));
      // A log that runs fast repaints the details only while they show it.
      if (part === 'detail') {
        stops.push(
          workspace.logs.subscribe(() => {
            if (workspace.view.getState().tab === 'logs') onChange();
          }),
        );
      }
      return () => {
        for (const stop of stops) stop();
      };
    },
    [workspace, sessions, part],
  );
}

interface Subscribable {
  subscribe(onChange: () => void): () => void;
}

function storesOf(workspace: Workspace, part: Part): readonly Subscribable[] {
  const { containers, resources, events, stats, limits, logs, details, imageDetails, files, transfers, view } =
    workspace;
  switch (part) {
    case 'header':
      return [view, containers, resources, stats, transfers];
    case 'status':
      return [view, stats, limits];
    case 'footer':
      return [view];
    case 'events':
      return [events];
    case 'containers':
      return [view, containers, resources, events, stats];
    case 'images':
    case 'volumes':
    case 'networks':
      return [view, containers, resources, stats];
    case 'layers':
      return [view, containers, resources, files];
    case 'files':
      return [view, files];
    case 'detail':
      return [view, containers, resources, events, stats, limits, details, imageDetails];
    case 'compare':
      return [view, containers, stats];
    case 'sessions':
      return [view, containers];
    case 'tune':
      return [view, containers, resources, stats, limits];
    case 'namespaces':
      return [view, containers, details];
    case 'logs':
      return [view, containers, logs];
  }
}

const PANE_ORDER: readonly PaneName[] = [
  'containers',
  'compare',
  'images',
  'volumes',
  'networks',
  'layers',
  'files',
  'detail',
  'tune',
  'namespaces',
  'logs',
  'sessions',
];

const paneNames = (layout: Layout) => PANE_ORDER.filter((name) => layout.panes[name] !== undefined);

function insidesOf({ panes }: Layout): ViewState['insides'] {
  const { detail, namespaces } = panes;
  return {
    ...(detail && { detail: insideOfFrame(detail) }),
    ...(namespaces && { namespaces: insideOfFrame(namespaces) }),
  };
}

/** Rows of each list without frame and titles, as drawFrame and drawList leave them, and of the details. */
function listHeights(layout: Layout): ViewState['listHeights'] {
  return Object.fromEntries(
    paneNames(layout)
      .filter(
        (name) => isListName(name) || name === 'layers' || name === 'files' || name === 'detail' || name === 'logs',
      )
      .map((name) => {
        const rect = layout.panes[name];
        const hasFrame = layout.kind !== 'tiny' || name !== 'containers';
        const inner = (rect?.height ?? 0) - (hasFrame && (rect?.height ?? 0) >= 3 ? 2 : 0);
        const hasTitles = inner >= 3 && name !== 'detail' && name !== 'logs';
        return [name, Math.max(1, hasTitles ? inner - 1 : inner)];
      }),
  );
}
