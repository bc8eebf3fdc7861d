import type { AttachedStreams } from '../../../engine/engine.js';
import type { Container } from '../../../model/container.js';
import { parseDetachKeys } from '../../../model/detach-keys.js';
import { EngineError } from '../../../model/errors.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { gatherFrames } from '../gather-frames.js';
import { type JoinOptions, joinStreams } from '../join-streams.js';
import { readSeconds } from '../query-time.js';
import { openReplyStream } from '../reply.js';
import type { ApiCall, Route } from '../route.js';
import { streamType } from '../stream-type.js';

/** What containers print, and what is typed. */
export const CONTAINER_STREAM_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/containers/{id}/logs'), handle: logs },
  { method: 'POST', path: compilePath('/containers/{id}/attach'), handle: attach, hijacks: true },
  { method: 'GET', path: compilePath('/containers/{id}/attach/ws'), handle: attachWebSocket, hijacks: true },
];

async function logs({ engine, request, response }: ApiCall): Promise<void> {
  const { query, version, gone } = request;
  const streams = (['stdout', 'stderr'] as const).filter((stream) => query.isOn(stream));
  if (streams.length === 0) {
    throw new EngineError('invalid-argument', 'Bad parameters: you must choose at least one stream');
  }
  const tail = query.text('tail') ?? 'all';
  const options = omitUndefined({
    streams,
    signal: gone,
    follow: query.isOn('follow'),
    sinceMs: readSeconds(query, 'since'),
    untilMs: readSeconds(query, 'until'),
    // What is no number means all, as with Docker.
    tailLines: /^\d{1,15}$/.test(tail) ? Number(tail) : undefined,
  });
  const { id, config } = await engine.containers.inspect(readParam(request, 'id'));
  if (config.log?.driver === 'none') {
    throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  }
  const isRaw = config.tty === true;
  const stream = gatherFrames(openReplyStream(response, streamType(version, isRaw)), { isRaw });
  const hasTime = query.isOn('timestamps');
  // The values of the log options `labels` and `env` would stand there; Gantry's driver has none.
  const details = query.isOn('details') ? ' ' : '';
  for await (const entry of engine.containers.logs(id, options)) {
    const blocked = stream.write(entry.stream, `${hasTime ? `${entry.time} ` : ''}${details}${entry.text}`);
    if (blocked !== undefined) await blocked;
  }
  stream.end();
}

async function attach({ engine, request, hijack }: ApiCall): Promise<void> {
  const target = await findTarget({ engine, request });
  const { streams, ...choice } = await openStreams({ engine, request }, target, (name) => request.query.isOn(name));
  const connection = hijack(streamType(request.version, choice.tty));
  await joinStreams(connection, streams, { ...choice, isFramed: !choice.tty });
}

/** From this version on a client says which streams it wants; before, it gets all. */
const WEB_SOCKET_CHOICE_SINCE = 42;

/** The handshake comes first: who fails it has never been attached, and closes no input. */
async function attachWebSocket({ engine, request, openWebSocket }: ApiCall): Promise<void> {
  const { query, version } = request;
  const target = await findTarget({ engine, request });
  const connection = await openWebSocket();
  const wants = (name: string): boolean => version < WEB_SOCKET_CHOICE_SINCE || query.isOn(name);
  const { streams, ...choice } = await openStreams({ engine, request }, target, wants);
  await joinStreams(connection, streams, { ...choice, isFramed: false });
}

type Call = Pick<ApiCall, 'engine' | 'request'>;

interface Target {
  readonly container: Container;
  readonly detachKeys: Uint8Array;
}

/** What can be refused is refused before the connection is a stream. */
async function findTarget({ engine, request }: Call): Promise<Target> {
  const container = await engine.containers.inspect(readParam(request, 'id'));
  refuseUnattachable(container);
  return { container, detachKeys: parseDetachKeys(request.query.text('detachKeys')) };
}

interface OpenStreams extends Omit<JoinOptions, 'isFramed'> {
  readonly streams: AttachedStreams;
}

/** The streams that are asked for, as far as the container has them. */
async function openStreams(
  { engine, request: { query, gone } }: Call,
  { container: { id, config }, detachKeys }: Target,
  wants: (stream: string) => boolean,
): Promise<OpenStreams> {
  const isStreaming = query.isOn('stream');
  const stdin = isStreaming && wants('stdin') && config.openStdin === true;
  const [stdout, stderr] = [wants('stdout'), wants('stderr')];
  const replay = query.isOn('logs');
  const streams = await engine.containers.attach(id, { stdin, stdout, stderr, replay, signal: gone });
  if (!isStreaming) {
    // Of the log alone: the live streams would begin after it.
    await streams.detach();
  }
  return { streams, stdin, tty: config.tty === true, detachKeys };
}

function refuseUnattachable({ id, state }: Container): void {
  if (state.status === 'paused') {
    throw new EngineError('conflict', `Container ${id} is paused, unpause the container before attach`);
  }
  if (state.status === 'restarting') {
    throw new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
  }
}
