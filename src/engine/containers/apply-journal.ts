import type { ContainerState, ExitedState, Health, RestartingState } from '../../model/container.js';
import { hasProcess, isActive } from '../../model/container-state.js';
import type { ContainerRecord } from './container-record.js';
import type { ContainerChange } from './container-store.js';
import type { JournalLine } from './journal-lines.js';
import { describeStartFailure } from './start-failure.js';
import type { ContainerNotice } from './tell-notice.js';

/** Probes kept of a health check, as Docker does. */
const KEPT_PROBES = 5;
/** Docker's limit on a probe's output, bytes. */
const PROBE_OUTPUT_CHARACTERS = 4_096;

type Line<Event extends JournalLine['event']> = Extract<JournalLine, { event: Event }>;

/**
 * What a line of the monitor's journal makes of a container, told with the line's own time: no engine may have been open then. A
 * line that cannot be (a second exit) changes nothing.
 */
export function applyJournalLine(record: ContainerRecord, line: JournalLine): ContainerChange {
  const { notices = [], ...change } = applyLine(record, line);
  const dated = notices.map((notice) => ('action' in notice ? { ...notice, atMs: line.atMs } : notice));
  return { ...change, notices: dated };
}

function applyLine(record: ContainerRecord, line: JournalLine): ContainerChange {
  switch (line.event) {
    case 'start':
      return applyStart(record, line);
    case 'exit':
      return applyExit(record, line);
    case 'restarting':
      return applyRestarting(record, line);
    case 'failed':
      return line.final ? applyFailure(record, line) : { record };
    case 'oom':
      return { record, notices: [{ action: 'oom' }] };
    case 'health':
      return applyHealth(record, line);
  }
}

/** The monitor's status says the same as the journal's first line, and either may be the first to be read. */
export function applyStart(record: ContainerRecord, { init, atMs }: Omit<Line<'start'>, 'event'>): ContainerChange {
  const { lastInit, state } = record;
  const isKnown = lastInit?.pid === init.pid && lastInit.startTicks === init.startTicks;
  if (isKnown || state.status === 'removing' || state.status === 'dead') return { record };
  const { operation: _, ...rest } = record;
  const health: Health = { status: 'starting', failingStreak: 0, log: [] };
  const isProbed = record.healthcheck !== undefined;
  return {
    record: {
      ...rest,
      lastInit: init,
      restartCount: record.restartCount + (state.status === 'restarting' ? 1 : 0),
      state: { status: 'running', init, startedAtMs: atMs, ...(isProbed ? { health } : {}) },
    },
    notices: [{ networks: 'connect' }, { volumes: 'mount' }, { action: 'start' }],
  };
}

function applyExit(record: ContainerRecord, line: Line<'exit'>): ContainerChange {
  const { state } = record;
  // A stop that meets the pause before a restart makes the exit final that was told already.
  if (state.status === 'restarting' && line.final) return end(record, toExited(state, line));
  if (!hasProcess(state)) return { record };
  const notices: ContainerNotice[] = [
    {
      action: 'die',
      attributes: {
        exitCode: String(line.exitCode),
        execDuration: String(Math.max(Math.floor((line.atMs - state.startedAtMs) / 1_000), 0)),
      },
    },
    { networks: 'disconnect' },
    { volumes: 'unmount' },
  ];
  if (line.final) return end(record, toExited(state, line), notices);
  const restarting: RestartingState = {
    status: 'restarting',
    lastExitCode: line.exitCode,
    startedAtMs: state.startedAtMs,
    finishedAtMs: line.atMs,
    nextAttemptAtMs: line.atMs,
  };
  return { record: { ...record, state: restarting }, notices };
}

function toExited(state: ContainerState, line: Line<'exit'>): ExitedState {
  return {
    status: 'exited',
    exitCode: line.exitCode,
    startedAtMs: isActive(state) ? state.startedAtMs : 0,
    finishedAtMs: state.status === 'restarting' ? state.finishedAtMs : line.atMs,
    oomKilled: line.oomKilled,
  };
}

/** It has ended and no monitor will start it again. */
export function end(
  record: ContainerRecord,
  state: ExitedState,
  notices: readonly ContainerNotice[] = [],
): ContainerChange {
  const { operation: _, ...rest } = record;
  return { record: { ...rest, state, lastExit: state, finalExits: record.finalExits + 1 }, notices };
}

/** The end of a container of which no monitor has told, as it died with it. */
export function endUnseen(
  record: ContainerRecord,
  { exitCode, error, atMs }: { readonly exitCode: number; readonly error: string; readonly atMs: number },
): ContainerChange {
  const { state } = record;
  const startedAtMs = isActive(state) ? state.startedAtMs : 0;
  const execDuration = String(Math.max(Math.floor((atMs - startedAtMs) / 1_000), 0));
  const died: ContainerNotice = { action: 'die', attributes: { exitCode: String(exitCode), execDuration } };
  const exited: ExitedState = { status: 'exited', exitCode, startedAtMs, finishedAtMs: atMs, oomKilled: false, error };
  return end(record, exited, hasProcess(state) ? [died, { networks: 'disconnect' }, { volumes: 'unmount' }] : []);
}

function applyRestarting(record: ContainerRecord, line: Line<'restarting'>): ContainerChange {
  const { state } = record;
  if (state.status !== 'restarting') return { record };
  return { record: { ...record, state: { ...state, nextAttemptAtMs: line.atMs + line.delayMs } } };
}

/** A restart that could not start. A first start that fails is told to its starter only. */
function applyFailure(record: ContainerRecord, line: Line<'failed'>): ContainerChange {
  const { state } = record;
  if (state.status !== 'restarting') return { record };
  const { exitCode, message } = describeStartFailure(line);
  return end(record, {
    status: 'exited',
    exitCode,
    startedAtMs: state.startedAtMs,
    finishedAtMs: line.atMs,
    oomKilled: false,
    error: message,
  });
}

function applyHealth(record: ContainerRecord, line: Line<'health'>): ContainerChange {
  const { state } = record;
  if (!hasProcess(state)) return { record };
  const before = state.health;
  const probe = {
    startedAtMs: line.startedAtMs,
    finishedAtMs: line.atMs,
    exitCode: line.exitCode,
    output: line.output.slice(0, PROBE_OUTPUT_CHARACTERS),
  };
  const health: Health = {
    status: line.status,
    failingStreak: line.failingStreak,
    log: [...(before?.log ?? []), probe].slice(-KEPT_PROBES),
  };
  const hasChanged = before?.status !== line.status;
  return {
    record: { ...record, state: { ...state, health } },
    notices: hasChanged ? [{ action: 'health_status', attributes: { healthStatus: line.status } }] : [],
  };
}
