import type {
  AttachedStreams,
  AttachOptions,
  Cancellable,
  ContainerService,
  LogEntry,
  LogOptions,
  WaitOptions,
} from '../../engine/engine.js';
import type { CgroupStats } from '../../model/cgroup-stats.js';
import type { Container, ExecConfig, ExitedState } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, ContainerRef, ExecId } from '../../model/ids.js';
import { toNumber, toObject, toText } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { readLines } from '../../platform/read-lines.js';
import { fromWireExec, toWireExecCreate } from '../wire/from-exec.js';
import { fromWireStats } from '../wire/from-stats.js';
import { fromWireTime } from '../wire/time.js';
import type { ApiClient } from './api-client.js';
import { createAttachedStreams, createNoStreams } from './attached-streams.js';
import { containerPath } from './container-paths.js';
import { type Frame, readFrames } from './frames.js';
import { mapParallel } from './map-parallel.js';
import { readBytes, readJsonLines } from './read-stream.js';

type StreamVerb =
  | 'wait'
  | 'attach'
  | 'logs'
  | 'stats'
  | 'readStats'
  | 'resize'
  | 'createExec'
  | 'startExec'
  | 'resizeExec'
  | 'inspectExec';

export interface StreamParts {
  readonly client: ApiClient;
  inspect(ref: ContainerRef): Promise<Container>;
  /** What a container without a limit is told to have, bytes. */
  readMemoryBytes(): Promise<number>;
}

/** What containers print and how they fare, as it comes. */
export function createContainerStreams(parts: StreamParts): Pick<ContainerService, StreamVerb> {
  const { client } = parts;
  const resizeExec: ContainerService['resizeExec'] = (id, { columns, rows }) =>
    client.run({ method: 'POST', path: `/exec/${id}/resize`, query: { w: columns, h: rows } });
  return {
    wait: (ref, options) => waitForExit(parts, ref, options),
    attach: (ref, options) => attach(parts, ref, options),
    logs: (ref, options) => readLogs(parts, ref, options),
    stats: (ref, options) => followStats(parts, ref, options),
    readStats: (ids) => readStats(parts, ids),
    resize: (ref, { columns, rows }) =>
      client.run({ method: 'POST', path: containerPath(ref, 'resize'), query: { w: columns, h: rows } }),
    createExec: (ref, config) => createExec(client, ref, config),
    startExec: (id, options) => startExec(client, id, resizeExec, options),
    resizeExec,
    inspectExec: async (id) => fromWireExec(await client.json({ method: 'GET', path: `/exec/${id}/json` })),
  };
}

/** Its head says that the wait has begun: a start that is asked for afterwards comes after it. */
async function waitForExit(
  { client, inspect }: StreamParts,
  ref: ContainerRef,
  { condition, signal }: WaitOptions = {},
): Promise<ExitedState> {
  const answer = await client.follow({
    method: 'POST',
    path: containerPath(ref, 'wait'),
    query: { condition },
    ...(signal && { signal }),
  });
  let told: unknown;
  for await (const value of readJsonLines(readBytes(answer, signal))) told = value;
  if (signal?.aborted === true) throw new EngineError('cancelled', `waiting for ${ref} was cancelled`);
  if (told === undefined) throw new EngineError('unavailable', `the engine ended while ${ref} was waited for`);
  const wire = toObject(told);
  const exitCode = toNumber(wire['StatusCode']);
  const message = toText(toObject(wire['Error'])['Message']);
  if (exitCode < 0) throw new EngineError('internal', message || `waiting for ${ref} failed`);
  const ended = omitUndefined({
    status: 'exited' as const,
    exitCode,
    startedAtMs: 0,
    finishedAtMs: Date.now(),
    oomKilled: false,
    error: message || undefined,
  });
  if (condition === 'removed') return ended;
  // The rest is told by the container itself, where it is still there and has not begun anew.
  const { state } = await inspect(ref).catch(() => ({ state: ended }));
  return state.status === 'exited' && state.exitCode === exitCode ? state : ended;
}

async function attach(
  { client, inspect }: StreamParts,
  ref: ContainerRef,
  options: AttachOptions = {},
): Promise<AttachedStreams> {
  const { id, config } = await inspect(ref);
  const { stdin, stdout, stderr, replay, signal } = options;
  const connection = await client.upgrade({
    method: 'POST',
    path: containerPath(id, 'attach'),
    query: { stream: true, stdin, stdout, stderr, logs: replay },
    ...(signal && { signal }),
  });
  return createAttachedStreams(connection, {
    ...options,
    tty: config.tty === true,
    resize: (columns, rows) =>
      client.run({ method: 'POST', path: containerPath(id, 'resize'), query: { w: columns, h: rows } }),
  });
}

async function* readLogs(
  { client, inspect }: StreamParts,
  ref: ContainerRef,
  options: LogOptions = {},
): AsyncGenerator<LogEntry> {
  const { follow, sinceMs, untilMs, tailLines, streams = ['stdout', 'stderr'], signal } = options;
  const { id, config } = await inspect(ref);
  try {
    const answer = await client.send({
      method: 'GET',
      path: containerPath(id, 'logs'),
      query: {
        ...{ follow, timestamps: true, tail: tailLines ?? 'all' },
        stdout: streams.includes('stdout'),
        stderr: streams.includes('stderr'),
        since: formatSeconds(sinceMs),
        until: formatSeconds(untilMs),
      },
      ...(signal && { signal }),
    });
    const bytes = readBytes(answer, signal);
    for await (const { stream, bytes: text } of config.tty === true ? readTerminalLines(bytes) : readFrames(bytes)) {
      yield toLogEntry(stream, Buffer.from(text).toString());
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Of a terminal there are no frames: a record ends with its line. */
async function* readTerminalLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  for await (const line of readLines(bytes)) yield { stream: 'stdout', bytes: Buffer.from(line) };
}

/** Each record begins with its time and a blank. */
function toLogEntry(stream: LogEntry['stream'], record: string): LogEntry {
  const end = record.indexOf(' ');
  const time = end < 0 ? record.trimEnd() : record.slice(0, end);
  return { time, atMs: fromWireTime(time), stream, text: end < 0 ? '' : record.slice(end + 1) };
}

/** Seconds since 1970 with nanoseconds, as Docker reads moments. */
export function formatSeconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / 1000).toFixed(6);
}

async function* followStats(
  { client, readMemoryBytes }: StreamParts,
  ref: ContainerRef,
  { signal, intervalMs = 1000 }: Cancellable & { readonly intervalMs?: number } = {},
): AsyncGenerator<CgroupStats> {
  const hostBytes = await readMemoryBytes();
  try {
    const query = { stream: true };
    const answer = await client.send({
      ...{ method: 'GET', path: containerPath(ref, 'stats'), query },
      ...(signal && { signal }),
    });
    let dueAtMs = 0;
    for await (const value of readJsonLines(readBytes(answer, signal))) {
      const stats = fromWireStats(value, hostBytes);
      // dockerd goes on after the end of a container, with nothing in what it tells.
      if (stats === undefined) return;
      // One a second is what there is; half of one is its jitter.
      if (stats.atMs + 500 < dueAtMs) continue;
      dueAtMs = stats.atMs + intervalMs;
      yield stats;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Those that have gone meanwhile, or do not run, are left out. */
async function readStats(
  { client, readMemoryBytes }: StreamParts,
  ids: readonly ContainerId[],
): Promise<ReadonlyMap<ContainerId, CgroupStats>> {
  const hostBytes = await readMemoryBytes();
  const read = async (id: ContainerId) => {
    const query = { stream: '0', 'one-shot': true };
    const wire = await client.json({ method: 'GET', path: containerPath(id, 'stats'), query }).catch(ignoreGone);
    const stats = fromWireStats(wire, hostBytes);
    return stats === undefined ? [] : [[id, stats] as const];
  };
  return new Map((await mapParallel(ids, client.parallel, read)).flat());
}

function ignoreGone(error: unknown): undefined {
  if (error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'conflict')) return undefined;
  throw error;
}

async function createExec(client: ApiClient, ref: ContainerRef, config: ExecConfig): Promise<ExecId> {
  const wire = toObject(
    await client.json({ method: 'POST', path: containerPath(ref, 'exec'), body: toWireExecCreate(config) }),
  );
  return toText(wire['Id']) as ExecId;
}

/**
 * A program that cannot be started is told of in its output, and by its exit code: Docker's API says no more. Without a stream that is
 * wanted it runs by itself.
 */
async function startExec(
  client: ApiClient,
  id: ExecId,
  resizeExec: ContainerService['resizeExec'],
  options: AttachOptions = {},
): Promise<AttachedStreams> {
  const { stdin, stdout, stderr, signal } = options;
  const path = `/exec/${id}/start`;
  const resize = (columns: number, rows: number) => resizeExec(id, { columns, rows });
  if (stdin !== true && stdout !== true && stderr !== true) {
    await client.run({ method: 'POST', path, body: { Detach: true, Tty: false } });
    return createNoStreams(resize);
  }
  const { config, state } = fromWireExec(await client.json({ method: 'GET', path: `/exec/${id}/json` }));
  // dockerd would say so in the stream.
  if (state.status !== 'created') throw new EngineError('conflict', `Error: Exec command ${id} has already run`);
  const tty = config.tty === true;
  const connection = await client.upgrade({
    ...{ method: 'POST', path, body: { Detach: false, Tty: tty } },
    ...(signal && { signal }),
  });
  return createAttachedStreams(connection, { ...options, tty, resize });
}
