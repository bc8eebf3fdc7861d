import type { PullProgress, PushProgress } from '../../model/image.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { CliOutput } from '../command-spec.js';
import { formatProgress, formatPushProgress, shortDigest } from '../format/pull-progress.js';
import { writeOutput } from '../write-output.js';

/** Shows how layers come or go: on a terminal a line for each, which changes; elsewhere a line for each step, as Docker does. */
export interface TransferDisplay {
  showPull(step: PullProgress): Promise<void>;
  showPush(step: PushProgress): Promise<void>;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 50;
/** Below this a terminal has no room for the bar. */
const BAR_COLUMNS_MIN = 110;
const COUNTS = { downloading: 'Downloading', extracting: 'Extracting', pushing: 'Pushing' } as const;

export function createTransferDisplay(stream: CliOutput, nowMs: () => number): TransferDisplay {
  const lines: string[] = [];
  const drawnAtMs = new Map<string, number>();
  const draw = async (id: string, text: string): Promise<void> => {
    const known = lines.indexOf(id);
    if (known < 0) lines.push(id);
    const up = known < 0 ? 0 : lines.length - known;
    const [back, forth] = up === 0 ? ['', '\n'] : [`\u001b[${up}A`, up === 1 ? '\n' : `\u001b[${up}B`];
    await writeOutput(stream, `${back}\u001b[2K\r${id}: ${text}${up === 0 || up === 1 ? '' : '\r'}${forth}`);
  };
  const drawCount = async (step: Count): Promise<void> => {
    const id = shortDigest(step.digest);
    const isEnd = step.doneBytes === step.totalBytes;
    if (!isEnd && nowMs() - (drawnAtMs.get(id) ?? 0) < REDRAW_MS) return;
    drawnAtMs.set(id, nowMs());
    await draw(id, `${COUNTS[step.phase]} ${formatBar(step, stream.columns ?? 80)}`);
  };
  const drawStep = async (step: PullProgress | PushProgress, text: string): Promise<void> => {
    if ('doneBytes' in step) await drawCount(step);
    else if ('digest' in step && step.phase !== 'done' && text !== '') {
      const id = shortDigest(step.digest);
      await draw(id, text.slice(id.length + 2).trimEnd());
    } else await writeOutput(stream, text);
  };
  const isTerminal = stream.isTTY === true;
  return {
    showPull: (step) => (isTerminal ? drawStep(step, formatProgress(step)) : writeOutput(stream, formatProgress(step))),
    showPush: (step) =>
      isTerminal ? drawStep(step, formatPushProgress(step)) : writeOutput(stream, formatPushProgress(step)),
  };
}

type Count = Extract<PullProgress | PushProgress, { doneBytes: number }>;

function formatBar({ doneBytes, totalBytes }: Count, columns: number): string {
  const done = formatDecimalBytes(doneBytes);
  if (totalBytes === undefined || totalBytes === 0) return done.padStart(8);
  const filled = Math.min(BAR_WIDTH, Math.floor((doneBytes / totalBytes) * BAR_WIDTH));
  const bar = columns > BAR_COLUMNS_MIN ? `[${'='.repeat(filled)}>${' '.repeat(BAR_WIDTH - filled)}] ` : '';
  return `${bar}${done.padStart(8)}/${formatDecimalBytes(totalBytes)}`;
}
