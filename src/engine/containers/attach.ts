import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { AttachedStreams, AttachOptions } from '../engine.js';
import { type AttachChoice, connectMonitor, type MonitorClient } from '../isolation/monitor-client.js';
import { createAttachedStreams, type OutputChunk, type StreamDeed, toAttachChoice } from './attached-streams.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { readContainerLogs } from './logs.js';

/**
 * Attaches to a running container; on one that does not run, to its next start, from the first byte. Throws not-found,
 * conflict (being removed).
 */
export async function attachContainer(
  parts: ContainerParts,
  ref: string,
  options: AttachOptions = {},
): Promise<AttachedStreams> {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  const { status } = record.state;
  if (status === 'removing' || status === 'dead') {
    throw new EngineError('conflict', `container ${id} is marked for removal and cannot be attached to`);
  }
  const choice = toAttachChoice(options);
  const before = options.replay === true ? { before: replayLog(parts, record, choice) } : {};
  const source = isActive(record.state)
    ? { client: Promise.resolve(await connectRunning(parts, record, choice)) }
    : waitForStart(parts, record, choice);
  parts.store.tell(record, { action: 'attach' });
  const tell = (deed: StreamDeed): void => tellDeed(parts, record, deed);
  return createAttachedStreams({ ...source, ...before, tell }, options.signal);
}

/** Of a container that goes on; what has ended nobody leaves. */
function tellDeed(parts: ContainerParts, { id }: ContainerRecord, deed: StreamDeed): void {
  const record = parts.end.aborted ? undefined : parts.store.get(id);
  if (record === undefined || !isActive(record.state)) return;
  const { action } = deed;
  const attributes = action === 'resize' ? { height: String(deed.rows), width: String(deed.columns) } : {};
  parts.store.tell(record, { action, attributes });
}

async function connectRunning(
  parts: ContainerParts,
  record: ContainerRecord,
  choice: AttachChoice,
): Promise<MonitorClient> {
  const client = await connectMonitor(parts.paths.socket(record.id), choice);
  followExit(parts, record, client);
  return client;
}

/** The monitor tells its clients too: no need to wait until the file watch has told. */
export function followExit(
  parts: Pick<ContainerParts, 'journal' | 'logger'>,
  record: ContainerRecord,
  client: MonitorClient,
): void {
  const takeOver = (): void => {
    try {
      parts.journal.catchUp(record.id);
    } catch (error) {
      parts.logger.warn(`cannot take over the journal of ${record.name}`, error);
    }
  };
  void client.exit.then((exit) => exit && takeOver());
}

/** This process' own start finds it on the desk; another process' is seen in the events. */
function waitForStart(parts: ContainerParts, { id }: ContainerRecord, choice: AttachChoice) {
  let settle: (client: MonitorClient | undefined) => void = () => {};
  const client = new Promise<MonitorClient | undefined>((resolve) => {
    settle = resolve;
  });
  const finish = (result: MonitorClient | undefined | Promise<MonitorClient>): void => {
    stopListening();
    parts.end.removeEventListener('abort', drop);
    void Promise.resolve(result).then(settle, () => settle(undefined));
  };
  const pending = { choice, settle: finish };
  const drop = (): void => {
    if (parts.desk.drop(id, pending)) finish(undefined);
  };
  const look = (): void => {
    const record = parts.store.get(id);
    const isStarted = record !== undefined && isActive(record.state);
    if (record !== undefined && !isStarted) return;
    if (!parts.desk.drop(id, pending)) return;
    finish(record === undefined ? undefined : connectRunning(parts, record, choice));
  };
  const stopListening = parts.bus.listen(look);
  parts.end.addEventListener('abort', drop);
  parts.desk.add(id, pending);
  return { client, onDetach: drop };
}

/** What the log had when this was called; the live output goes on from about there. */
async function* replayLog(
  parts: ContainerParts,
  { id }: ContainerRecord,
  choice: AttachChoice,
): AsyncGenerator<OutputChunk> {
  const streams = (['stdout', 'stderr'] as const).filter((stream) => choice[stream]);
  if (streams.length === 0) return;
  for await (const { stream, text } of readContainerLogs(parts, id, { streams, untilMs: parts.clock.nowMs() })) {
    yield { stream, bytes: Buffer.from(text) };
  }
}
