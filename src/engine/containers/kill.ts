import { hasProcess, isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { parseSignal } from '../../model/signals.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { sendSignal } from './monitor-commands.js';
import { waitForContainer } from './wait.js';

export const SIGKILL = 9;

/** Throws not-found, invalid-argument (signal), conflict (not running). */
export async function killContainer(parts: ContainerParts, ref: string, signal = 'SIGKILL'): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  const number = parseSignal(signal);
  if (number === undefined) throw new EngineError('invalid-argument', `Invalid signal: ${signal}`);
  if (!isActive(record.state)) throw notRunning('kill', record);
  await signalContainer(parts, record, number);
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
export async function killAndWait(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  const exit = waitForContainer(parts, record.id);
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
