import type { Container } from '../model/container.js';
import type { Image } from '../model/image.js';
import { createCoalescer } from './coalescer.js';
import type { ContainersStore } from './containers-store.js';
import type { DetailKind, DetailsStore } from './details-store.js';
import type { ImageDetailsStore } from './image-details-store.js';
import type { ImageRow } from './image-rows.js';
import type { LimitsStore } from './limits-store.js';
import { isAlive } from './list-rows.js';
import type { Project } from './listed-row.js';
import type { LogsStore } from './logs-store.js';
import type { LogSource } from './merged-logs.js';
import type { ResourcesStore } from './resources-store.js';
import { type DetailTab, type ImageTab, SCROLL_START, type ViewState, type ViewStore } from './view-store.js';

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
  readonly imageDetails: ImageDetailsStore;
  readonly resources: ResourcesStore;
  selectedContainer(): Container | undefined;
  selectedProject(): Project | undefined;
  selectedImage(): ImageRow | undefined;
}

/** Whose logs are shown: those of the marked containers as one, where several are marked, or of the selected project; else that of the selected one. */
export function logSources(
  stores: Pick<FollowedStores, 'view' | 'containers' | 'selectedContainer' | 'selectedProject'>,
): readonly LogSource[] {
  const { byId } = stores.containers.getState();
  const marked = [...stores.view.getState().marked].flatMap((id) => byId.get(id) ?? []);
  const selected = stores.selectedContainer();
  const ofSelected = selected === undefined ? (stores.selectedProject()?.members ?? []) : [selected];
  const shown = marked.length > 1 ? marked : ofSelected;
  return shown.map(({ id, name }) => ({ id, name }));
}

/** Reads what the detail panes show when the selection, the tab or the container changes; lists of processes every 2 s. */
export function startDetailFollower(
  stores: FollowedStores,
  { signal, firstPaint }: { readonly signal: AbortSignal; readonly firstPaint: Promise<void> },
): void {
  const { containers, view, details, limits, logs, selectedContainer } = stores;
  let last: { readonly container: Container | undefined; readonly shown: string } = { container: undefined, shown: '' };
  const settle = createCoalescer<'all' | 'top'>(SETTLE_MS, async (keys) => {
    await firstPaint;
    const container = selectedContainer();
    const shown = shownDetails(view.getState());
    logs.open(shown.has('logs') ? logSources(stores) : []);
    if (container === undefined) return;
    // Namespaces and security are two views of the same things.
    const isWhole = shown.has('namespaces') || shown.has('security');
    const kinds = new Set<DetailKind>([...shown].filter(isReadDetail));
    if (isWhole) for (const kind of ['namespaces', 'security', 'surroundings'] as const) kinds.add(kind);
    const wanted = [...kinds].filter((kind) => keys.has('all') || kind === 'top');
    await Promise.all(wanted.map((kind) => details.load(kind, container)));
  });
  const check = () => {
    const container = selectedContainer();
    const tabs = shownDetails(view.getState());
    const shown = [...tabs, ...(tabs.has('logs') ? logSources(stores) : []).map(({ id }) => id)].join();
    if (container === last.container && shown === last.shown) return;
    const isOther = container?.id !== last.container?.id;
    // Before the stores change: each change calls back here.
    last = { container, shown };
    if (isOther) {
      limits.select(container?.id);
      view.setState((state) => ({
        ...SCROLL_START,
        // What was typed is not for the one that is selected now.
        ...(state.prompt?.kind === 'limit' ? { prompt: undefined } : {}),
        logs: { ...state.logs, isFollowing: true, match: undefined, column: 0 },
      }));
    }
    settle.add('all');
  };
  const images = followImages(stores);
  const stops = [
    containers.subscribe(check),
    view.subscribe(check),
    view.subscribe(images.check),
    stores.resources.subscribe(images.check),
  ];
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
      images.close();
    },
    { once: true },
  );
}

/** Reads what the details show of the selected image, once the selection stays on it. */
function followImages({ view, imageDetails, selectedImage }: FollowedStores): { check(): void; close(): void } {
  let last: { readonly image: Image | undefined; readonly tab: ImageTab | undefined } = {
    image: undefined,
    tab: undefined,
  };
  const settle = createCoalescer<'image'>(SETTLE_MS, async () => {
    const row = selectedImage();
    const { list, imageTab, showsImageDetails } = view.getState();
    if (list !== 'images' || !showsImageDetails || row?.kind !== 'image') return;
    if (imageTab === 'history' || imageTab === 'inspect') await imageDetails.load(imageTab, row.image);
  });
  return {
    check: () => {
      const { list, imageTab, showsImageDetails } = view.getState();
      if (list !== 'images' || !showsImageDetails) return;
      const row = selectedImage();
      const image = row?.kind === 'image' ? row.image : undefined;
      if (image === last.image && imageTab === last.tab) return;
      last = { image, tab: imageTab };
      settle.add('image');
    },
    close: settle.close,
  };
}

function isReadDetail(tab: DetailTab): tab is Exclude<DetailKind, 'surroundings'> {
  return tab !== 'stats' && tab !== 'logs' && tab !== 'tune' && tab !== 'network';
}
