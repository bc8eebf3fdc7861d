import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Engine } from '../../engine/engine.js';
import type { ApiOptions } from '../../model/api-options.js';
import { acceptRequests, createHijackRule } from './accept-requests.js';
import type { Dispatcher } from './dispatch.js';
import { createHijackableRequest } from './hijackable-request.js';
import { createRoutes } from './routes.js';

/**
 * Serves Docker's API on one connection that is there already, until either side closes it: `docker system dial-stdio`, by which clients
 * reach an engine over ssh.
 */
export async function serveConnection(
  engine: Engine,
  connection: Duplex,
  { warn }: Pick<ApiOptions, 'warn'>,
): Promise<void> {
  const dispatcher: Dispatcher = { engine, routes: createRoutes(), warn };
  const end = new AbortController();
  const IncomingMessage = createHijackableRequest(createHijackRule(dispatcher));
  const server = createServer({ requestTimeout: 0, IncomingMessage });
  acceptRequests(server, dispatcher, end.signal);
  const { promise, resolve } = Promise.withResolvers<void>();
  connection.once('close', resolve);
  // Where Node finds the class of its requests; a socket that the server has accepted has it.
  server.emit('connection', Object.assign(connection, { server }));
  await promise;
  end.abort();
}
