import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { NetworkPlace, Peer } from './peer.js';

interface CallOptions {
  readonly socket: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** An object is sent as JSON. */
  readonly body?: object | Uint8Array;
}

/** What benchmarks of the API alone use, beside what every peer can. */
export interface DockerApi extends Omit<Peer, 'name' | 'keepers' | 'close' | 'network' | 'api'> {
  findPlace(id: string): Promise<NetworkPlace>;
  /** The same with more settings. */
  create(command: readonly string[], more?: object): Promise<string>;
  /** Sends a request without a body and reads the answer to its end; its length, bytes. */
  fetch(path: string): Promise<number>;
  /** A connection to its standard streams. */
  attach(id: string): Promise<Socket>;
}

/** The verbs of Docker's API on a unix socket, as dockerd and `podman system service` have them. Connections are kept. */
export function createDockerApi(socket: string, image: string, hostConfig: object): DockerApi {
  const call = (method: CallOptions['method'], path: string, body?: object) =>
    send({ socket, method, path, ...(body && { body }) });
  return {
    create: async (command, more = {}) => {
      const settings = {
        Image: image,
        Cmd: command,
        Env: ['PATH=/bin'],
        HostConfig: { NetworkMode: 'none', ...hostConfig },
        ...more,
      };
      return String((await readJson(await call('POST', '/containers/create', settings)))['Id']);
    },
    start: async (id) => void (await readText(await call('POST', `/containers/${id}/start`))),
    startToExit: async (id) => {
      // The head of the answer says that the wait has begun.
      const waiting = await call('POST', `/containers/${id}/wait?condition=next-exit`);
      await readText(await call('POST', `/containers/${id}/start`));
      return Number((await readJson(waiting))['StatusCode']);
    },
    exec: async (id, command) => {
      const wish = { Cmd: command, AttachStdout: true, AttachStderr: true };
      const execId = String((await readJson(await call('POST', `/containers/${id}/exec`, wish)))['Id']);
      await readText(await call('POST', `/exec/${execId}/start`, { Detach: false, Tty: false }));
      return Number((await readJson(await call('GET', `/exec/${execId}/json`)))['ExitCode']);
    },
    findPlace: async (id) => {
      const { State, NetworkSettings } = (await readJson(await call('GET', `/containers/${id}/json`))) as {
        readonly State: { readonly Pid: number };
        readonly NetworkSettings: { readonly IPAddress: string };
      };
      return { pid: State.Pid, address: NetworkSettings.IPAddress };
    },
    remove: async (id) => void (await readText(await call('DELETE', `/containers/${id}?force=true&v=true`))),
    fetch: async (path) => {
      let length = 0;
      for await (const bytes of await call('GET', path)) length += (bytes as Buffer).length;
      return length;
    },
    attach: (id) => attach(socket, `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`),
  };
}

/** Makes an image of a tar of its root file system. */
export async function importImage(socket: string, tar: Uint8Array, image: string): Promise<void> {
  const path = `/images/create?fromSrc=-&repo=${image}`;
  const answer = await send({ socket, method: 'POST', path, body: tar });
  const text = await readText(answer);
  if (text.includes('"error"')) throw new Error(`cannot import ${image}: ${text}`);
}

/** True once the engine answers. */
export async function answersPing(socket: string): Promise<boolean> {
  try {
    await readText(await send({ socket, method: 'GET', path: '/_ping' }));
    return true;
  } catch {
    // Not yet.
    return false;
  }
}

/** The newest that all peers speak. */
const VERSION = '/v1.41';

async function attach(socket: string, path: string): Promise<Socket> {
  const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
  const asked = request({ socketPath: socket, method: 'POST', path: `${VERSION}${path}`, headers, agent: false });
  asked.end();
  const [, connection, head]: unknown[] = await once(asked, 'upgrade');
  (connection as Socket).unshift(head as Buffer);
  return connection as Socket;
}

async function send({ socket, method, path, body }: CallOptions): Promise<IncomingMessage> {
  const isTar = body instanceof Uint8Array;
  const bytes = isTar ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const headers = {
    'Content-Type': isTar ? 'application/x-tar' : 'application/json',
    'Content-Length': bytes.length,
  };
  const asked = request({ socketPath: socket, method, path: `${VERSION}${path}`, headers });
  asked.end(bytes);
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  if (answer === undefined) throw new Error(`no answer to ${method} ${path}`);
  if ((answer.statusCode ?? 500) >= 400) {
    throw new Error(`${method} ${path}: ${answer.statusCode} ${await readText(answer)}`);
  }
  return answer;
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return text;
}

async function readJson(answer: IncomingMessage): Promise<Record<string, unknown>> {
  return JSON.parse(await readText(answer));
}
