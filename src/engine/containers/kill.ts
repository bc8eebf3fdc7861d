import { hasProcess, isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseSignal } from '../../model/signals.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { sendSignal } from './monitor-commands.js';
import { waitForContainer } from './wait.js';

export const SIGKILL = 9;

/** As long as Docker waits for who is killed: the kernel may hold on to a process, ms. */
const KILL_LIMIT_MS = 10_000;

/**
 * After SIGKILL it resolves once the exit is in its row, so that whoever removes the container next can: as Docker does. Throws
 * not-found, invalid-argument (signal), conflict (not running), unavailable (the kernel does not end it).
 */
export async function killContainer(parts: ContainerParts, ref: string, signal = 'SIGKILL'): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  const number = parseSignal(signal);
  if (number === undefined) throw new EngineError('invalid-argument', `Invalid signal: ${signal}`);
  if (!isActive(record.state)) throw notRunning('kill', record);
  if (number === SIGKILL) await killWithin(parts, record, KILL_LIMIT_MS);
  else await signalContainer(parts, record, number);
}

async function killWithin(parts: ContainerParts, record: ContainerRecord, limitMs: number): Promise<void> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), limitMs);
  try {
    await killAndWait(parts, record, giveUp.signal);
  } catch (cause) {
    if (!giveUp.signal.aborted) throw cause;
    throw new EngineError('unavailable', 'tried to kill container, but did not receive an exit event', { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** `isLast`: no policy starts it again; absent: by the signal. */
export interface SignalOptions {
  readonly isLast?: boolean;
}

/**
 * Sends a signal and tells of it. SIGKILL and the container's own stop signal end it for good: its policy does not start it
 * again. A frozen process takes no signal, so a paused container goes on first.
 */
export async function signalContainer(
  parts: ContainerParts,
  record: ContainerRecord,
  signal: number,
  options: SignalOptions = {},
): Promise<void> {
  const { id } = record;
  const { isLast = signal === SIGKILL || signal === parseSignal(record.process.stopSignal) } = options;
  parts.store.change(id, (current) => {
    const notices = [{ action: 'kill' as const, attributes: { signal: String(signal) } }];
    return { record: isLast ? { ...current, isStoppedByUser: true } : current, notices };
  });
  await sendSignal(parts, record, { signal: hasProcess(record.state) ? signal : undefined, isLast });
  if (record.state.status === 'paused' && isLast) await thaw(parts, record);
}

/** Ends it with SIGKILL, whatever its state, and resolves once that is in its row. */
export async function killAndWait(parts: ContainerParts, record: ContainerRecord, giveUp?: AbortSignal): Promise<void> {
  const exit = waitForContainer(parts, record.id, omitUndefined({ signal: giveUp }));
  // Awaited below; until then its failure is not unhandled.
  exit.catch(() => undefined);
  await signalContainer(parts, record, SIGKILL);
  await exit;
}

async function thaw(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  await parts.cgroups.open(toCgroupName(record)).thaw();
  parts.store.change(record.id, (current) =>
    current.state.status === 'paused'
      ? { record: { ...current, state: { ...current.state, status: 'running' } } }
      : undefined,
  );
}

/** Docker's words, by which scripts know it. */
export function notRunning(verb: string, { id }: Pick<ContainerRecord, 'id'>): EngineError {
  return new EngineError('conflict', `cannot ${verb} container: ${id}: container ${id} is not running`);
}
