import type { Container } from '../../../model/container.js';
import { parseDetachKeys } from '../../../model/detach-keys.js';
import { EngineError } from '../../../model/errors.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { gatherFrames } from '../gather-frames.js';
import { joinStreams } from '../join-streams.js';
import { readSeconds } from '../query-time.js';
import { openReplyStream } from '../reply.js';
import type { ApiCall, Route } from '../route.js';
import { streamType } from '../stream-type.js';

/** What containers print, and what is typed. */
export const CONTAINER_STREAM_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/containers/{id}/logs'), handle: logs },
  { method: 'POST', path: compilePath('/containers/{id}/attach'), handle: attach, hijacks: true },
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
  const { query, version, gone } = request;
  const container = await engine.containers.inspect(readParam(request, 'id'));
  refuseUnattachable(container);
  const detachKeys = parseDetachKeys(query.text('detachKeys'));
  const { config, id } = container;
  const isStreaming = query.isOn('stream');
  const stdin = isStreaming && query.isOn('stdin') && config.openStdin === true;
  const streams = await engine.containers.attach(id, {
    stdin,
    stdout: query.isOn('stdout'),
    stderr: query.isOn('stderr'),
    replay: query.isOn('logs'),
    signal: gone,
  });
  const tty = config.tty === true;
  const connection = hijack(streamType(version, tty));
  if (!isStreaming) {
    // Of the log alone: the live streams would begin after it.
    await streams.detach();
  }
  await joinStreams(connection, streams, { tty, stdin, detachKeys });
}

function refuseUnattachable({ id, state }: Container): void {
  if (state.status === 'paused') {
    throw new EngineError('conflict', `Container ${id} is paused, unpause the container before attach`);
  }
  if (state.status === 'restarting') {
    throw new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
  }
}
