import type { Container } from '../model/container.js';
import { createCoalescer } from './coalescer.js';
import type { ContainersStore } from './containers-store.js';
import type { DetailKind, DetailsStore } from './details-store.js';
import type { LimitsStore } from './limits-store.js';
import { isAlive } from './list-rows.js';
import type { LogsStore } from './logs-store.js';
import type { DetailTab, ViewState, ViewStore } from './view-store.js';

/** A selection that runs through the list reads nothing on the way. */
const SETTLE_MS = 80;
const TOP_INTERVAL_MS = 2000;

/** The details that are on screen: the tab in front and the panes beside it. */
export function shownDetails(view: ViewState): ReadonlySet<DetailTab> {
  const shown = new Set<DetailTab>();
  if (view.panes.includes('detail')) shown.add(view.tab);
  for (const name of ['tune', 'namespaces', 'logs'] as const) if (view.panes.includes(name)) shown.add(name);
  return shown;
}

export interface FollowedStores {
  readonly containers: ContainersStore;
  readonly view: ViewStore;
  readonly details: DetailsStore;
  readonly limits: LimitsStore;
  readonly logs: LogsStore;
  selectedContainer(): Container | undefined;
}

/** Reads what the detail panes show when the selection, the tab or the container changes; lists of processes every 2 s. */
export function startDetailFollower(stores: FollowedStores, signal: AbortSignal): void {
  const { containers, view, details, limits, logs, selectedContainer } = stores;
  let last: { readonly container: Container | undefined; readonly shown: string } = { container: undefined, shown: '' };
  const settle = createCoalescer<'all' | 'top'>(SETTLE_MS, async (keys) => {
    const container = selectedContainer();
    const shown = shownDetails(view.getState());
    logs.open(shown.has('logs') ? container?.id : undefined);
    if (container === undefined) return;
    // The namespaces' view ends with the id maps and a line about security.
    const tabs = shown.has('namespaces') ? new Set<DetailTab>([...shown, 'security']) : shown;
    const kinds = [...tabs].filter(isReadDetail).filter((kind) => keys.has('all') || kind === 'top');
    await Promise.all(kinds.map((kind) => details.load(kind, container)));
  });
  const check = () => {
    const container = selectedContainer();
    const shown = [...shownDetails(view.getState())].join();
    if (container === last.container && shown === last.shown) return;
    const isOther = container?.id !== last.container?.id;
    // Before the stores change: each change calls back here.
    last = { container, shown };
    if (isOther) {
      limits.select(container?.id);
      view.setState((state) => ({
        detailTop: 0,
        logs: { ...state.logs, isFollowing: true, match: undefined, column: 0 },
      }));
    }
    settle.add('all');
  };
  const stops = [containers.subscribe(check), view.subscribe(check)];
  const timer = setInterval(() => {
    const container = selectedContainer();
    if (container !== undefined && isAlive(container) && shownDetails(view.getState()).has('top')) settle.add('top');
  }, TOP_INTERVAL_MS);
  signal.addEventListener(
    'abort',
    () => {
      for (const stop of stops) stop();
      clearInterval(timer);
      settle.close();
    },
    { once: true },
  );
}

function isReadDetail(tab: DetailTab): tab is DetailKind {
  return tab !== 'stats' && tab !== 'logs' && tab !== 'tune';
}
