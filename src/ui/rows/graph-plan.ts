/** How the graphs of a container stand in a pane, and how many lines of counters are below them. */
export interface GraphPlan {
  /** Graphs by row, as indexes: CPU, memory, network, block I/O, pids, pressure. */
  readonly rows: readonly (readonly number[])[];
  /** Rows that have room; the others are scrolled to. */
  readonly visible: number;
  readonly counters: number;
}

/** With title, limit, axis and times, two rows of bars. */
const GRAPH_HEIGHT = 6;
const MAX_COUNTERS = 2;
const PAIRED = [
  [0, 1],
  [2, 3],
  [4, 5],
] as const;
const STACKED = [[0], [1], [2, 3], [4, 5]] as const;

/** Where two rows have room, CPU and memory have one each; else they stand side by side. */
export function planGraphs(height: number): GraphPlan {
  const isStacked = height >= 2 * GRAPH_HEIGHT;
  const rows = isStacked ? STACKED : PAIRED;
  const least = isStacked ? 2 * GRAPH_HEIGHT : GRAPH_HEIGHT + 1;
  const counters = Math.max(0, Math.min(MAX_COUNTERS, height - least));
  const visible = Math.floor((height - counters) / GRAPH_HEIGHT);
  return { rows, counters, visible: Math.max(1, Math.min(rows.length, visible)) };
}
