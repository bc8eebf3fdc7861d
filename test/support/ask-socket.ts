import { request } from 'node:http';
import { readAll } from './image-fixtures.js';

/** One GET of Docker's API at a unix socket, on a connection of its own. */
export async function askSocket(
  socketPath: string,
  path: string,
): Promise<{ readonly text: string; json(): ReturnType<typeof JSON.parse> }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request({ socketPath, path, agent: false }, (response) => {
    readAll(response).then((body) => resolve(body.toString()), reject);
  });
  asked.on('error', reject);
  asked.end();
  const text = await promise;
  return { text, json: () => JSON.parse(text) };
}
