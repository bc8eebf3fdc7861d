import type { AttachedStreams, Engine } from '../../../engine/engine.js';
import type { Exec } from '../../../model/container.js';
import { parseDetachKeys } from '../../../model/detach-keys.js';
import { EngineError } from '../../../model/errors.js';
import type { ExecId } from '../../../model/ids.js';
import { execCreateSchema, execStartSchema, fromWireExecCreate, toTerminal, toWireExec } from '../../wire/exec.js';
import { type ApiRequest, readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { joinStreams } from '../join-streams.js';
import { readJsonBody, readOptionalJson } from '../json-body.js';
import { toFrame } from '../multiplex.js';
import { readSize } from '../query-size.js';
import { replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';
import { streamType } from '../stream-type.js';

/** Programs that run in containers beside their own. */
export const EXEC_ROUTES: readonly Route[] = [
  { method: 'POST', path: compilePath('/containers/{id}/exec'), handle: create },
  { method: 'POST', path: compilePath('/exec/{id}/start'), handle: start, hijacks: true },
  { method: 'POST', path: compilePath('/exec/{id}/resize'), handle: resize },
  { method: 'GET', path: compilePath('/exec/{id}/json'), handle: inspect },
];

async function create({ engine, request, response }: ApiCall): Promise<void> {
  const config = fromWireExecCreate(await readJsonBody(request, execCreateSchema));
  replyJson(response, 201, { Id: await engine.containers.createExec(readParam(request, 'id'), config) });
}

async function start(call: ApiCall): Promise<void> {
  const { engine, request, response } = call;
  const { Detach, ConsoleSize } = (await readOptionalJson(request, execStartSchema)) ?? {};
  const exec = await engine.containers.inspectExec(readId(request));
  const terminal = toTerminal(ConsoleSize);
  if (terminal !== undefined && exec.state.status === 'created') {
    await engine.containers.resizeExec(exec.id, terminal);
  }
  if (Detach !== true && (await isStartable(engine, exec))) return await startAttached(call, exec);
  await engine.containers.startExec(exec.id);
  replyEmpty(response, 200);
}

/** What is not is refused before its stream begins, in the engine's words. */
async function isStartable(engine: Engine, { containerId, state }: Exec): Promise<boolean> {
  if (state.status !== 'created') return false;
  const container = await engine.containers.inspect(containerId);
  return container.state.status === 'running';
}

/**
 * The head leaves before the program begins: clients that read it through a buffer lose what comes together with it. From then on failures
 * are told of in the stream, and clients read the exit code afterwards.
 */
async function startAttached({ engine, request, hijack }: ApiCall, { id, config }: Exec): Promise<void> {
  const { stdout = false, stderr = false } = config.attach ?? {};
  const stdin = config.stdin === true;
  const tty = config.tty === true;
  const connection = hijack(streamType(request.version, tty));
  let streams: AttachedStreams;
  try {
    streams = await engine.containers.startExec(id, { stdin, stdout, stderr, signal: request.gone });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const text = Buffer.from(`${error.message}\r\n`);
    await connection.write(tty ? text : toFrame('stdout', text));
    connection.end();
    return;
  }
  const detachKeys = parseDetachKeys(config.detachKeys);
  await joinStreams(connection, streams, { tty, isFramed: !tty, stdin, detachKeys });
}

async function resize({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.resizeExec(readId(request), readSize(request.query));
  replyEmpty(response, 200);
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  replyJson(response, 200, toWireExec(await engine.containers.inspectExec(readId(request))));
}

function readId(request: ApiRequest): ExecId {
  return readParam(request, 'id') as ExecId;
}
