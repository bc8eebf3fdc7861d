import { HISTORY_SECONDS } from '../../store/sample-rings.js';
import type { GraphView } from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint } from '../keymap.js';
import { planGraphs } from '../rows/graph-plan.js';
import type { CommandContext } from './command-context.js';

type GraphCommand =
  | 'graph-freeze'
  | 'graph-in'
  | 'graph-out'
  | 'graph-reset'
  | 'graph-left'
  | 'graph-right'
  | 'graph-left-ten'
  | 'graph-right-ten'
  | 'graph-glyphs'
  | 'graph-overlay';

/** Ten minutes have room in 75 columns. */
const MAX_SECONDS_PER_VALUE = 8;
const STYLES = ['braille', 'block', 'ascii'] as const;

export const GRAPH_RUNNERS: Readonly<Record<GraphCommand, (context: CommandContext) => void>> = {
  'graph-freeze': ({ workspace: { view, stats } }) => {
    const { frozenAtMs } = view.getState().graph;
    view.setGraph({ frozenAtMs: frozenAtMs === undefined ? stats.getState().atMs : undefined });
  },
  'graph-in': ({ workspace }) => zoom(workspace, 0.5),
  'graph-out': ({ workspace }) => zoom(workspace, 2),
  'graph-reset': ({ workspace: { view } }) =>
    view.setGraph({ secondsPerValue: 1, frozenAtMs: undefined, cursorSecond: undefined }),
  'graph-left': ({ workspace }) => moveCursor(workspace, -1),
  'graph-right': ({ workspace }) => moveCursor(workspace, 1),
  'graph-left-ten': ({ workspace }) => moveCursor(workspace, -10),
  'graph-right-ten': ({ workspace }) => moveCursor(workspace, 10),
  'graph-glyphs': changeGlyphs,
  'graph-overlay': toggleOverlay,
};

/** Scrolls by rows of graphs; each move goes one row, or to the end. */
export function scrollGraphs({ view }: Workspace, motion: string): void {
  const { graph, listHeights } = view.getState();
  const { rows, visible } = planGraphs(listHeights.detail ?? 0);
  const last = rows.length - visible;
  const to = motion === 'first' ? 0 : motion === 'last' ? last : graph.top + (isDown(motion) ? 1 : -1);
  view.setGraph({ top: Math.max(0, Math.min(last, to)) });
}

/** Takes back what the graphs were made to show: cursor, standstill, comparison; false where there is none of it. */
export function leaveGraphs({ view }: Workspace): boolean {
  const { cursorSecond, frozenAtMs, isOverlay } = view.getState().graph;
  if (cursorSecond === undefined && frozenAtMs === undefined && !isOverlay) return false;
  view.setGraph({ cursorSecond: undefined, frozenAtMs: undefined, isOverlay: false });
  return true;
}

function toggleOverlay({ workspace: { view }, bindings }: CommandContext): void {
  const { graph, marked } = view.getState();
  if (!graph.isOverlay && marked.size === 0)
    view.say('info', `nothing is marked${keyHint(bindings, 'mark', 'marks containers to compare')}`);
  else view.setGraph({ isOverlay: !graph.isOverlay });
}

const isDown = (motion: string) => motion.endsWith('down');

function zoom({ view }: Workspace, factor: number): void {
  const wanted = view.getState().graph.secondsPerValue * factor;
  view.setGraph({ secondsPerValue: Math.max(1, Math.min(MAX_SECONDS_PER_VALUE, Math.floor(wanted))) });
}

/** By columns of the graphs. It begins at their end and stays within what is kept. */
function moveCursor({ view, stats }: Workspace, columns: number): void {
  const { graph } = view.getState();
  const endSecond = endOf(graph, stats.getState().atMs);
  if (endSecond === 0) return;
  const first = endSecond - HISTORY_SECONDS + 1;
  const from = graph.cursorSecond === undefined || graph.cursorSecond < first ? endSecond : graph.cursorSecond;
  const to = from + columns * graph.secondsPerValue;
  view.setGraph({ cursorSecond: Math.max(first, Math.min(endSecond, to)) });
}

function endOf({ frozenAtMs }: GraphView, atMs: number): number {
  return Math.floor((frozenAtMs ?? atMs) / 1000);
}

function changeGlyphs({ workspace: { view }, graphStyle }: CommandContext): void {
  const style = STYLES[(STYLES.indexOf(graphStyle()) + 1) % STYLES.length] ?? 'braille';
  view.setGraph({ style });
  view.say('info', `graphs are drawn in ${style}`);
}
