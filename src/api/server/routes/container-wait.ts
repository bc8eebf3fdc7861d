import type { Engine, WaitOptions } from '../../../engine/engine.js';
import type { ExitedState } from '../../../model/container.js';
import { EngineError, messageOf } from '../../../model/errors.js';
import { readParam } from '../api-request.js';
import { openReplyStream } from '../reply.js';
import type { ApiCall } from '../route.js';

const CONDITIONS: readonly NonNullable<WaitOptions['condition']>[] = ['not-running', 'next-exit', 'removed'];

/** How long the end of a container that has removed itself is told to those who ask late, ms. */
const REMEMBERED_MS = 60_000;

/** The head of the answer leaves at once: clients start the container only then. */
export async function wait({ engine, request, response }: ApiCall): Promise<void> {
  const asked = request.query.text('condition') ?? 'not-running';
  const condition = CONDITIONS.find((word) => word === asked);
  if (condition === undefined) {
    throw new EngineError('invalid-argument', `invalid condition: ${JSON.stringify(asked)}`);
  }
  const exit = await beginWait(engine, readParam(request, 'id'), { condition, signal: request.gone });
  const stream = openReplyStream(response, 'application/json');
  await stream.write(`${JSON.stringify(await exit.end)}\n`);
  stream.end();
}

/** Rejects: not-found. `end` never rejects. */
async function beginWait(
  engine: Engine,
  ref: string,
  options: WaitOptions,
): Promise<{ readonly end: Promise<object> }> {
  try {
    const { id } = await engine.containers.inspect(ref);
    const failed = async (error: unknown) => (await recallEnd(engine, id, error)) ?? toWireFailure(error);
    return { end: engine.containers.wait(id, options).then(toWireExit, failed) };
  } catch (error) {
    const end = await recallEnd(engine, ref, error);
    if (end === undefined) throw error;
    return { end: Promise.resolve(end) };
  }
}

/**
 * Clients start a container that removes itself and wait for it then: one that is quick has gone when they ask. Its end is among the
 * events. It is told to those who know the whole id.
 */
async function recallEnd(engine: Engine, id: string, error: unknown): Promise<object | undefined> {
  if (!(error instanceof EngineError && error.kind === 'not-found')) return undefined;
  const untilMs = Date.now();
  let exitCode: string | undefined;
  for await (const event of engine.events({ sinceMs: untilMs - REMEMBERED_MS, untilMs })) {
    if (event.type === 'container' && event.id === id && event.action === 'die')
      exitCode = event.attributes['exitCode'];
  }
  return exitCode === undefined ? undefined : { StatusCode: Number(exitCode), Error: null };
}

function toWireExit({ exitCode, error }: ExitedState): object {
  return { StatusCode: exitCode, Error: error === undefined ? null : { Message: error } };
}

function toWireFailure(error: unknown): object {
  return { StatusCode: -1, Error: { Message: messageOf(error) } };
}
