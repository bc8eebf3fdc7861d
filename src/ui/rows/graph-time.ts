import { HISTORY_SECONDS } from '../../store/sample-rings.js';
import type { AnyMetric, StatsHistory } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';

/** Which time the graphs show, and of which the figures in their titles are. */
export interface GraphTime {
  readonly endSecond: number;
  readonly secondsPerValue: number;
  /** Undefined where there is none, and where it has left the history. */
  readonly cursorSecond: number | undefined;
  /** The newest value, or the greatest of the column at the cursor or at the end of frozen graphs. */
  valueOf(history: StatsHistory, metric: AnyMetric): number;
  /** The mean of the column at the cursor; NaN where a column is a second, or there is no cursor. */
  meanOf(history: StatsHistory, metric: AnyMetric): number;
}

/** `isMoving`: time goes on though nothing is read, as for a container that has ended. */
export function readGraphTime({ workspace, now }: PaintContext, isMoving = false): GraphTime {
  const { frozenAtMs, secondsPerValue, cursorSecond } = workspace.view.getState().graph;
  const { atMs } = workspace.stats.getState();
  const endSecond = Math.floor((frozenAtMs ?? (isMoving || atMs === 0 ? now() : atMs)) / 1000);
  const cursor = cursorSecond !== undefined && cursorSecond > endSecond - HISTORY_SECONDS ? cursorSecond : undefined;
  const readSecond = cursor ?? (frozenAtMs === undefined ? undefined : endSecond);
  const summary = (history: StatsHistory, metric: AnyMetric, second: number) =>
    history.summary(metric, second - (second % secondsPerValue), secondsPerValue);
  return {
    endSecond,
    secondsPerValue,
    cursorSecond: cursor,
    valueOf: (history, metric) =>
      readSecond === undefined ? history.value(metric) : summary(history, metric, readSecond).max,
    meanOf: (history, metric) =>
      cursor === undefined || secondsPerValue === 1 ? Number.NaN : summary(history, metric, cursor).mean,
  };
}
