import { chmodSync, chownSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect, isIPv6, type ListenOptions, type Server } from 'node:net';
import type { ApiEndpoint } from '../../model/api-options.js';
import { EngineError, messageOf } from '../../model/errors.js';

/** Read and written by root and by a group, as Docker's own socket. */
const SOCKET_MODE = 0o660;

/** Starts to listen, and gives the URL. Rejects: unavailable. */
export async function listenAt(server: Server, endpoint: ApiEndpoint): Promise<string> {
  if (endpoint.kind === 'unix') await takeOverSocket(endpoint.path);
  const gid = endpoint.kind === 'unix' ? findGroup(endpoint.group) : undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // Until it has its group and mode, nobody but us may connect to it.
  const mask = process.umask(0o177);
  try {
    server.listen(toListenOptions(endpoint), resolve);
  } finally {
    process.umask(mask);
  }
  try {
    await promise;
  } catch (cause) {
    throw refuse(endpoint, messageOf(cause), cause);
  }
  server.off('error', reject);
  if (endpoint.kind === 'unix') {
    if (gid !== undefined) chownSync(endpoint.path, 0, gid);
    chmodSync(endpoint.path, SOCKET_MODE);
  }
  return formatUrl(server, endpoint);
}

function refuse(endpoint: ApiEndpoint, reason: string, cause?: unknown): EngineError {
  return new EngineError('unavailable', `cannot listen on ${describe(endpoint)}: ${reason}`, { cause });
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

/**
 * A server that was killed leaves its socket behind, and one that lives answers. Of several that find the same socket left behind, one can
 * rename it; who has then renamed a successor's, which lives, puts that back.
 */
async function takeOverSocket(path: string): Promise<void> {
  const status = readStatus(path);
  if (status === undefined) return;
  if (!status.isSocket()) throw refuse({ kind: 'unix', path }, 'there is a file that is no socket');
  if (await isAlive(path))
    throw refuse({ kind: 'unix', path }, 'address already in use: another process listens there');
  const now = readStatus(path);
  // Somebody was faster, and has made one of their own.
  if (now?.ino !== status.ino || now.ctimeNs !== status.ctimeNs) return await takeOverSocket(path);
  const aside = `${path}~`;
  try {
    renameSync(path, aside);
  } catch (error) {
    // Another one was faster: it listens there now, or will in a moment, which the kernel tells.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw refuse({ kind: 'unix', path }, messageOf(error), error);
  }
  if (await isAlive(aside)) {
    renameSync(aside, path);
    throw refuse({ kind: 'unix', path }, 'address already in use: another process listens there');
  }
  rmSync(aside, { force: true });
}

function readStatus(path: string) {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

async function isAlive(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(path, () => resolve(true));
  // One whose queue is full lives too. connect(2)
  probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  const outcome = await promise;
  probe.destroy();
  return outcome;
}

/** Docker's own may be missing; one that was asked for may not. */
function findGroup(name = 'docker'): number | undefined {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const gid = Number(line?.split(':')[2] ?? (/^\d+$/.test(name) ? name : Number.NaN));
  if (Number.isInteger(gid)) return gid;
  if (name === 'docker') return undefined;
  throw new EngineError('invalid-argument', `group ${name} not found`);
}

function formatUrl(server: Server, endpoint: ApiEndpoint): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return describe(endpoint);
  return `tcp://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`;
}
