import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { NetworkPlace, Peer } from './peer.js';

interface CallOptions {
  readonly socket: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** The verbs of Docker's API on a unix socket, as dockerd and `podman system service` have them. */
export function createDockerApi(
  socket: string,
  image: string,
  hostConfig: object,
): Omit<Peer, 'name' | 'keepers' | 'close' | 'network'> & { findPlace(id: string): Promise<NetworkPlace> } {
  const call = (method: CallOptions['method'], path: string, body?: object) =>
    send({ socket, method, path, ...(body && { body }) });
  return {
    create: async (command) => {
      const settings = {
        Image: image,
        Cmd: command,
        Env: ['PATH=/bin'],
        HostConfig: { NetworkMode: 'none', ...hostConfig },
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
  };
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

async function send({ socket, method, path, body }: CallOptions): Promise<IncomingMessage> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  const asked = request({ socketPath: socket, method, path: `/v1.40${path}`, headers });
  asked.end(text);
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
