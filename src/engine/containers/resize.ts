import { setTimeout as delay } from 'node:timers/promises';
import { hasProcess } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ExecId } from '../../model/ids.js';
import type { TerminalSize } from '../engine.js';
import { connectMonitor, type MonitorClient } from '../isolation/monitor-client.js';
import type { ContainerParts } from './container-parts.js';
import { settleExec } from './exec-journal.js';

/** How long an exec may take from its start to its monitor, ms, and how often it is looked for. */
const COMING_MS = 10_000;
const LOOK_MS = 10;

/** Gives the terminal of a running container a size. Rejects: not-found, conflict (not running). */
export async function resizeContainer(parts: ContainerParts, ref: string, size: TerminalSize): Promise<void> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  if (!hasProcess(record.state)) throw new EngineError('conflict', `container ${id} is not running`);
  await sendSize(await connectMonitor(parts.paths.socket(id), {}), size);
  const attributes = { height: String(size.rows), width: String(size.columns) };
  parts.store.tell(record, { action: 'resize', attributes });
}

/** Of an exec that has not been started, its start takes the size. Rejects: not-found, conflict (it has ended). */
export async function resizeExec(parts: ContainerParts, id: ExecId, size: TerminalSize): Promise<void> {
  const isKept = parts.execs.change(id, (exec) =>
    exec.state.status === 'created' ? { ...exec, config: { ...exec.config, terminal: size } } : undefined,
  );
  if (isKept !== undefined) return;
  await sendSize(await connectExec(parts, id), size);
}

/** One that is being started has no monitor yet. */
async function connectExec(parts: ContainerParts, id: ExecId): Promise<MonitorClient> {
  for (let waitedMs = 0; waitedMs < COMING_MS; waitedMs += LOOK_MS) {
    settleExec(parts, id);
    if (parts.execs.get(id).state.status !== 'running') break;
    try {
      return await connectMonitor(parts.paths.socket(id), {});
    } catch (error) {
      if (!(error instanceof EngineError && error.kind === 'unavailable')) throw error;
    }
    await delay(LOOK_MS);
  }
  throw new EngineError('conflict', `exec ${id} is not running`);
}

async function sendSize(client: MonitorClient, { columns, rows }: TerminalSize): Promise<void> {
  try {
    await client.resize(columns, rows);
  } finally {
    client.close();
  }
}
