import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';
import { createListFilter, type FilteredRow } from './list-filter.js';
import { compareNaturally } from './natural-order.js';
import type { Metric } from './stats-history.js';
import type { StatsState } from './stats-store.js';
import type { ListState, SortColumn, ViewState } from './view-store.js';

/** The rows of the container list: filtered and sorted. */
export function selectContainerRows(
  containers: ContainersState,
  stats: StatsState,
  view: SelectingView,
): readonly Container[] {
  const { selected } = containers;
  const by = describeSelection(stats, view);
  if (selected?.by === by) return selected.rows;
  const rows = filterAndSort(containers, stats, view);
  if (selected !== undefined) Object.assign(selected, { by, rows });
  return rows;
}

type SelectingView = Pick<ViewState, 'showsAll' | 'sort' | 'lists'>;

/** Of the same state, all that the rows and their order depend on. */
function describeSelection({ atMs }: StatsState, { showsAll, sort, lists }: SelectingView): string {
  const time = LIVE_COLUMNS.has(sort.column) ? atMs : 0;
  return `${showsAll} ${sort.column} ${sort.isReversed} ${time} ${lists.containers.filter}`;
}

/** Columns whose order changes with what is read. */
const LIVE_COLUMNS: ReadonlySet<SortColumn> = new Set<SortColumn>([
  'cpu',
  'memory',
  'share',
  'network',
  'pids',
  'throttled',
]);

function filterAndSort(containers: ContainersState, stats: StatsState, view: SelectingView): readonly Container[] {
  const matches = createListFilter(view.lists.containers.filter);
  const rows = [...containers.byId.values()].filter(
    (container) => (view.showsAll || isAlive(container)) && matches(toFiltered(container)),
  );
  const compare = comparisons(stats)[view.sort.column];
  rows.sort((a, b) => compare(a, b) || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
  return view.sort.isReversed ? rows.reverse() : rows;
}

function toFiltered({ name, config, state, id }: Container): FilteredRow {
  const text = `${name} ${config.image} ${state.status} ${id.slice(0, 12)}`;
  return { text, names: [name, config.image], labels: config.labels ?? {} };
}

export function isAlive(container: Container): boolean {
  return ['running', 'paused', 'restarting'].includes(container.state.status);
}

/** What was read last of a container; NaN where it does not run or was not read. */
export function readMetric({ histories }: Pick<StatsState, 'histories'>, container: Container, metric: Metric): number {
  return isAlive(container) ? (histories.get(container.id)?.value(metric) ?? Number.NaN) : Number.NaN;
}

/** When the container came into its state, ms since 1970. */
export function changedAtMs({ state, createdAtMs }: Container): number {
  if (state.status === 'exited') return state.finishedAtMs;
  return 'startedAtMs' in state ? state.startedAtMs : createdAtMs;
}

/** Where the selection is among the rows: at its key, or where it was when that is gone; -1 without rows. */
export function selectedIndex(keys: readonly string[], list: ListState): number {
  const found = list.selectedKey === undefined ? -1 : keys.indexOf(list.selectedKey);
  return found >= 0 ? found : Math.min(list.index, keys.length - 1);
}

/** First row of a window of `height` rows that shows `index` and moves as little as it can. */
export function scrollTop(top: number, index: number, height: number, count: number): number {
  const low = Math.max(0, index - height + 1);
  const high = Math.max(0, Math.min(index, count - height));
  return Math.max(low, Math.min(top, high));
}

type Comparison = (a: Container, b: Container) => number;

function comparisons(stats: StatsState): Readonly<Record<SortColumn, Comparison>> {
  const value = (container: Container, metric: Metric) => {
    const read = readMetric(stats, container, metric);
    return Number.isNaN(read) ? -1 : read;
  };
  const share = (container: Container) => {
    const limit = value(container, 'memoryLimit');
    return limit <= 0 ? -1 : value(container, 'memory') / limit;
  };
  // No limit is more than any, and a container without a port comes last.
  const limit = ({ limits }: Container) => limits.memoryBytes ?? Number.MAX_SAFE_INTEGER;
  const port = ({ publishedPorts = [] }: Container) =>
    Math.min(Number.MAX_SAFE_INTEGER, ...publishedPorts.flatMap(({ hostPort }) => hostPort ?? []));
  const network = (container: Container) => value(container, 'networkIn') + value(container, 'networkOut');
  const pids = (container: Container) =>
    isAlive(container) ? (stats.histories.get(container.id)?.latest?.pids.current ?? -1) : -1;
  return {
    created: (a, b) => b.createdAtMs - a.createdAtMs,
    name: (a, b) => compareNaturally(a.name, b.name),
    state: (a, b) => a.state.status.localeCompare(b.state.status),
    cpu: (a, b) => value(b, 'cpu') - value(a, 'cpu'),
    memory: (a, b) => value(b, 'memory') - value(a, 'memory'),
    share: (a, b) => share(b) - share(a),
    network: (a, b) => network(b) - network(a),
    pids: (a, b) => pids(b) - pids(a),
    restarts: (a, b) => b.restartCount - a.restartCount,
    image: (a, b) => compareNaturally(a.config.image, b.config.image),
    changed: (a, b) => changedAtMs(b) - changedAtMs(a),
    limit: (a, b) => limit(b) - limit(a),
    throttled: (a, b) => value(b, 'throttled') - value(a, 'throttled'),
    ports: (a, b) => port(a) - port(b),
    id: (a, b) => a.id.localeCompare(b.id),
  };
}
