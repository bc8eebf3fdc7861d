import type { Engine } from '../engine/engine.js';
import { messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import type { LogLine } from './log-ring.js';

/** A container whose log is read. */
export interface LogSource {
  readonly id: ContainerId;
  readonly name: string;
}

export interface MergeOptions {
  /** What of the past is wanted of each log: its last lines, or those since a time; with neither its first ones. */
  readonly tailLines?: number;
  readonly sinceMs?: number;
  /** Lines of each log that are read of its past at most. */
  readonly pastLines: number;
  readonly follow: boolean;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** In the order of their times; `from` is the number of their source. */
  add(lines: readonly LogLine[]): void;
}

/** What comes meanwhile from several logs is put into the order of its times, ms. */
const HOLD_MS = 100;

/**
 * Reads several logs as one, in the order of time: their pasts are merged as a whole, and what comes then is held a moment. One that cannot
 * be read does not keep the others; gives what is wrong with it. Resolves when all have ended.
 */
export async function readMergedLogs(
  engine: Engine,
  sources: readonly LogSource[],
  options: MergeOptions,
): Promise<readonly string[]> {
  const failures = new Map<number, string>();
  const attempt = async (from: number, work: () => Promise<void>) => {
    try {
      if (!failures.has(from)) await work();
    } catch (error) {
      if (!options.signal.aborted) failures.set(from, `${sources[from]?.name ?? ''}: ${messageOf(error)}`);
    }
  };
  const past: LogLine[] = [];
  await Promise.all(
    sources.map((source, from) => attempt(from, () => readPast(engine, source, { ...options, from, past }))),
  );
  if (options.signal.aborted) return [];
  options.add(sortByTime(past));
  if (options.follow) {
    const holder = createHolder(options.add);
    await Promise.all(
      sources.map(({ id }, from) =>
        attempt(from, async () => {
          const { nowMs: sinceMs, pastLines: tailLines, signal } = options;
          for await (const entry of engine.containers.logs(id, { sinceMs, tailLines, follow: true, signal })) {
            // One of that very time was in the past.
            if (entry.atMs > sinceMs) holder.add({ ...entry, from });
          }
        }),
      ),
    );
    holder.flush();
  }
  return [...failures.values()];
}

interface PastOptions extends MergeOptions {
  readonly from: number;
  readonly past: LogLine[];
}

async function readPast(engine: Engine, { id }: LogSource, options: PastOptions): Promise<void> {
  const { tailLines, sinceMs, pastLines, nowMs: untilMs, signal, from, past } = options;
  const part = tailLines === undefined ? (sinceMs === undefined ? {} : { sinceMs }) : { tailLines };
  let count = 0;
  for await (const entry of engine.containers.logs(id, { ...part, untilMs, follow: false, signal })) {
    past.push({ ...entry, from });
    if (++count >= pastLines) return;
  }
}

/** Lines of one time stay in the order in which they came. */
function sortByTime(lines: LogLine[]): readonly LogLine[] {
  return lines.sort((one, other) => one.atMs - other.atMs);
}

function createHolder(add: MergeOptions['add']): { add(line: LogLine): void; flush(): void } {
  let held: LogLine[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    add(sortByTime(held));
    held = [];
  };
  return {
    add: (line) => {
      held.push(line);
      timer ??= setTimeout(flush, HOLD_MS);
    },
    flush,
  };
}
