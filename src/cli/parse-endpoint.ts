import { resolve } from 'node:path';
import type { ApiEndpoint } from '../model/api-options.js';
import { EngineError } from '../model/errors.js';
import type { TlsFiles } from '../model/registry-options.js';
import { readInheritedSocket } from './daemon/inherited-socket.js';

export interface EndpointContext {
  readonly tls: TlsFiles | undefined;
  /** Who may use a unix socket; undefined: Docker's group, where the host has it. */
  readonly group?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Docker's default ports, without and with TLS. */
const PORT = 2375;
const TLS_PORT = 2376;
/** The first descriptor of sd_listen_fds(3). */
const FIRST_FD = 3;

/** What `daemon --host` takes: `unix://PATH`, `tcp://HOST[:PORT]`, `fd://`. Throws invalid-argument. */
export function parseEndpoint(text: string, { tls, env, group }: EndpointContext): readonly ApiEndpoint[] {
  const [, scheme = '', rest = ''] = /^(\w+):\/\/(.*)$/.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
      if (rest === '') break;
      return [{ kind: 'unix', path: resolve('/', rest), group }];
    case 'tcp':
      return [{ kind: 'tcp', ...parseAddress(text, rest, tls), tls }];
    case 'fd':
      return listDescriptors(env, tls);
    default:
      break;
  }
  throw new EngineError(
    'invalid-argument',
    `invalid bind address (${text}): use unix://PATH, tcp://HOST[:PORT] or fd://`,
  );
}

function parseAddress(
  text: string,
  rest: string,
  tls: TlsFiles | undefined,
): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]/]*))(?::(?<port>\d{1,5}))?\/?$/.exec(rest);
  const port = Number(match?.groups?.['port'] ?? (tls === undefined ? PORT : TLS_PORT));
  if (match === null || port > 65_535) throw new EngineError('invalid-argument', `invalid bind address (${text})`);
  return { host: match.groups?.['six'] ?? (match.groups?.['host'] || '127.0.0.1'), port };
}

/** Those that systemd passes to this process. TLS is for those of TCP, as with Docker. */
function listDescriptors(env: EndpointContext['env'], tls: TlsFiles | undefined): readonly ApiEndpoint[] {
  const count = Number(env['LISTEN_FDS'] ?? 0);
  if (!(count >= 1) || Number(env['LISTEN_PID']) !== process.pid) {
    throw new EngineError(
      'unavailable',
      'no sockets found via socket activation: make sure the service was started by systemd',
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const fd = FIRST_FD + index;
    return { kind: 'descriptor', fd, tls: readInheritedSocket(fd)?.kind === 'tcp' ? tls : undefined };
  });
}
