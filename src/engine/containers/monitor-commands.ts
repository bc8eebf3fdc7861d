import { EngineError } from '../../model/errors.js';
import { connectMonitor, type MonitorClient } from '../isolation/monitor-client.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { settleContainer } from './settle.js';

export interface SignalCommand {
  /** Absent: nothing is sent, as there is no process. */
  readonly signal: number | undefined;
  /** Its policy does not start it again. */
  readonly isLast: boolean;
}

/** Resolves when the monitor has done it. A container that ends meanwhile needs no signal any more: that is fine. */
export async function sendSignal(
  parts: ContainerParts,
  record: ContainerRecord,
  command: SignalCommand,
): Promise<void> {
  await commandMonitor(parts, record, async (monitor) => {
    if (command.isLast) await monitor.makeExitFinal();
    if (command.signal !== undefined) await monitor.signal(command.signal);
  });
}

/**
 * Connects to the monitor, commands, and leaves. Where there is no monitor any more the container's row is made true first;
 * what the caller waits for has happened then.
 */
export async function commandMonitor(
  parts: ContainerParts,
  record: ContainerRecord,
  command: (monitor: MonitorClient) => Promise<void>,
): Promise<void> {
  let monitor: MonitorClient | undefined;
  try {
    monitor = await connectMonitor(parts.paths.socket(record.id), {});
    await command(monitor);
  } catch (error) {
    if (!isEnd(error)) throw error;
    await settleContainer(parts, record.id);
  } finally {
    monitor?.close();
  }
}

/** The monitor, or the process, has ended. */
function isEnd(error: unknown): boolean {
  return error instanceof EngineError && (error.kind === 'unavailable' || error.kind === 'conflict');
}
