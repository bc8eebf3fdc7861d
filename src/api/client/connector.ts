import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { EngineError, messageOf } from '../../model/errors.js';
import type { RemoteEndpoint, RemoteTls } from '../../model/remote-endpoint.js';
import { dialProgram } from '../../platform/dial-program.js';

/** An agent that keeps connections to one endpoint, whatever it is reached by. Throws invalid-argument (a file of TLS). */
export function createConnector(endpoint: RemoteEndpoint): Agent {
  const agent = new Agent({ keepAlive: true });
  const dial = createDial(endpoint);
  // The only way to give an agent connections of one's own. It takes any stream of two directions.
  agent.createConnection = () => dial() as ReturnType<Agent['createConnection']>;
  return agent;
}

function createDial(endpoint: RemoteEndpoint): () => Duplex {
  switch (endpoint.kind) {
    case 'unix':
      return () => connectSocket({ path: endpoint.path });
    case 'tcp': {
      const { host, port, tls } = endpoint;
      if (tls === undefined) return () => connectSocket({ host, port, keepAlive: true, noDelay: true });
      const options = readTls(tls, host);
      return () => connectTls({ host, port, ...options });
    }
    case 'ssh':
      return () => asSocket(dialProgram('ssh', toSshArguments(endpoint)));
  }
}

/** Who does not answer in time has gone: ssh tells then, and not after minutes. */
function toSshArguments({ host, user, port, path }: Extract<RemoteEndpoint, { kind: 'ssh' }>): readonly string[] {
  const remote =
    path === undefined
      ? ['docker', 'system', 'dial-stdio']
      : ['docker', '--host', quote(`unix://${path}`), 'system', 'dial-stdio'];
  return [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...['-o', 'ConnectTimeout=30', '-T', '--', host, ...remote],
  ];
}

/** For the shell at the other end. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What an agent calls of a socket and a pipe has not. */
function asSocket(stream: Duplex): Duplex {
  const self = () => stream;
  return Object.assign(stream, { setKeepAlive: self, setNoDelay: self, setTimeout: self, ref: self, unref: self });
}

function readTls({ authority, certificate, key, verify, serverName }: RemoteTls, host: string): ConnectionOptions {
  return {
    servername: serverName ?? host,
    rejectUnauthorized: verify,
    ...(authority !== undefined && { ca: readPem(authority) }),
    ...(certificate !== undefined && { cert: readPem(certificate) }),
    ...(key !== undefined && { key: readPem(key) }),
  };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new EngineError('invalid-argument', `could not read TLS file ${path}: ${messageOf(cause)}`, { cause });
  }
}
