import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { parseSignal } from '../../model/signals.js';
import type { StopOptions } from '../engine.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { killAndWait, SIGKILL, signalContainer } from './kill.js';
import { waitForContainer } from './wait.js';

/** Docker's, where neither the caller nor the container says otherwise. */
const DEFAULT_TIMEOUT_MS = 10_000;

/** Throws not-found, not-modified (does not run), invalid-argument (signal). */
export async function stopContainer(parts: ContainerParts, ref: string, options: StopOptions = {}): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  if (!isActive(record.state)) throw new EngineError('not-modified', `container ${id} is not running`);
  await endContainer(parts, record, options);
  parts.store.change(id, (current) => ({ record: current, notices: [{ action: 'stop' }] }));
}

/** The stop signal, and SIGKILL when the time is over. Resolves once the exit is in its row. */
async function endContainer(parts: ContainerParts, record: ContainerRecord, options: StopOptions): Promise<void> {
  const name = options.signal ?? record.process.stopSignal;
  const signal = parseSignal(name);
  if (signal === undefined) throw new EngineError('invalid-argument', `Invalid signal: ${name}`);
  const timeoutMs = options.timeoutMs ?? record.config.stopTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const giveUp = new AbortController();
  const exit = waitForContainer(parts, record.id, { signal: giveUp.signal });
  // Without a delay the first signal is SIGKILL, and there is nothing to give up.
  const timer = timeoutMs <= 0 ? undefined : setTimeout(() => giveUp.abort(), timeoutMs);
  try {
    // Awaited below; until then its failure is not unhandled.
    exit.catch(() => undefined);
    await signalContainer(parts, record, timeoutMs === 0 ? SIGKILL : signal, { isLast: true });
    await exit;
  } catch (error) {
    await killAfterTimeout(parts, record, error);
  } finally {
    clearTimeout(timer);
  }
}

async function killAfterTimeout(parts: ContainerParts, { id }: ContainerRecord, error: unknown): Promise<void> {
  if (!(error instanceof EngineError) || error.kind !== 'cancelled' || parts.end.aborted) throw error;
  const record = parts.store.get(id);
  if (record !== undefined && isActive(record.state)) await killAndWait(parts, record);
}
