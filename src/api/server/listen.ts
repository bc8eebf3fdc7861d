import { chmodSync, chownSync, readFileSync, rmSync } from 'node:fs';
import { connect, isIPv6, type ListenOptions, type Server } from 'node:net';
import type { ApiEndpoint } from '../../model/api-options.js';
import { EngineError, messageOf } from '../../model/errors.js';

/** Read and written by root and by the group `docker`, as Docker's own socket. */
const SOCKET_MODE = 0o660;

/** Starts to listen, and gives the URL. Rejects: unavailable. */
export async function listenAt(server: Server, endpoint: ApiEndpoint): Promise<string> {
  if (endpoint.kind === 'unix') await removeStaleSocket(endpoint.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(toListenOptions(endpoint), resolve);
  try {
    await promise;
  } catch (cause) {
    throw new EngineError('unavailable', `cannot listen on ${describe(endpoint)}: ${messageOf(cause)}`, { cause });
  }
  server.off('error', reject);
  if (endpoint.kind === 'unix') setAccess(endpoint.path);
  return formatUrl(server, endpoint);
}

function toListenOptions(endpoint: ApiEndpoint): ListenOptions & { readonly fd?: number } {
  switch (endpoint.kind) {
    case 'unix':
      return { path: endpoint.path };
    case 'tcp':
      return { host: endpoint.host, port: endpoint.port };
    case 'descriptor':
      return { fd: endpoint.fd };
  }
}

function describe(endpoint: ApiEndpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`;
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}`;
    case 'descriptor':
      return `descriptor ${endpoint.fd}`;
  }
}

/** A server that was killed leaves its socket behind; one that lives answers. */
async function removeStaleSocket(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const probe = connect(path, () => resolve('CONNECTED'));
  probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  const outcome = await promise;
  probe.destroy();
  if (outcome === 'ECONNREFUSED') rmSync(path, { force: true });
}

function setAccess(path: string): void {
  chmodSync(path, SOCKET_MODE);
  const gid = readDockerGroup();
  if (gid !== undefined) chownSync(path, 0, gid);
}

function readDockerGroup(): number | undefined {
  const match = /^docker:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'));
  return match === null ? undefined : Number(match[1]);
}

function formatUrl(server: Server, endpoint: ApiEndpoint): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return describe(endpoint);
  return `tcp://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`;
}
