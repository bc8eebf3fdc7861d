import { EngineError } from './errors.js';

/** Where Docker's API of another engine is reached. */
export type RemoteEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: RemoteTls | undefined }
  /** `docker system dial-stdio` on a host of ssh(1). */
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user?: string | undefined;
      readonly port?: number | undefined;
      /** Of the socket there; absent: the one that the docker there speaks to by itself. */
      readonly path?: string | undefined;
    };

/** Files of PEM. */
export interface RemoteTls {
  /** Absent: those of the system. */
  readonly authority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** False: whoever answers is believed. */
  readonly verify: boolean;
  /** Who the server's certificate must be of; absent: the host. */
  readonly serverName?: string | undefined;
}

/** Docker's ports, without and with TLS. */
const PORT = 2375;
const TLS_PORT = 2376;

/** What `--host` takes. Throws invalid-argument. */
export function parseRemoteEndpoint(text: string, tls?: RemoteTls): RemoteEndpoint {
  const [, scheme = '', rest = ''] = /^(\w+):\/\/(.*)$/.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
      if (!rest.startsWith('/')) break;
      return { kind: 'unix', path: rest };
    case 'tcp':
    case 'http':
    case 'https':
      return parseTcp(text, rest, tls);
    case 'ssh':
      return parseSsh(text);
    default:
      break;
  }
  throw new EngineError(
    'invalid-argument',
    `unable to parse docker host "${text}": use unix:///PATH, tcp://HOST[:PORT] or ssh://[USER@]HOST[:PORT]`,
  );
}

/** As `--host` takes it. */
export function formatRemoteEndpoint(endpoint: RemoteEndpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`;
    case 'tcp':
      return `tcp://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
    case 'ssh': {
      const user = endpoint.user === undefined ? '' : `${endpoint.user}@`;
      const port = endpoint.port === undefined ? '' : `:${endpoint.port}`;
      return `ssh://${user}${endpoint.host}${port}${endpoint.path ?? ''}`;
    }
  }
}

function parseTcp(text: string, rest: string, tls: RemoteTls | undefined): RemoteEndpoint {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]/]*))(?::(?<port>\d{1,5}))?\/?$/.exec(rest);
  const port = Number(match?.groups?.['port'] ?? (tls === undefined ? PORT : TLS_PORT));
  if (match === null || port < 1 || port > 65_535) {
    throw new EngineError('invalid-argument', `invalid bind address format: ${text}`);
  }
  return { kind: 'tcp', host: match.groups?.['six'] ?? (match.groups?.['host'] || '127.0.0.1'), port, tls };
}

/** A host or a user that begins with `-` would be an option of ssh. */
const SSH =
  /^ssh:\/\/(?:(?<user>[^@:/\s-][^@:/\s]*)@)?(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^@:/\s-][^@:/\s]*))(?::(?<port>\d{1,5}))?(?<path>\/\S*)?$/;

function parseSsh(text: string): RemoteEndpoint {
  const { user, six, host, port, path } = SSH.exec(text)?.groups ?? {};
  const name = six ?? host;
  if (name === undefined) {
    throw new EngineError(
      'invalid-argument',
      `invalid ssh host "${text}": use ssh://[USER@]HOST[:PORT][/PATH], without a password`,
    );
  }
  return {
    kind: 'ssh',
    host: name,
    user,
    port: port === undefined ? undefined : Number(port),
    path: path === undefined || path === '/' ? undefined : path,
  };
}
