import { type ChildProcess, spawn } from 'node:child_process';
import { type Duplex, PassThrough } from 'node:stream';

/** How a process ended; both are absent when it could not be started. */
export interface ProcessEnd {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
  readonly error?: Error;
}

export interface SpawnedProcess {
  /** Absent when it could not be started. */
  readonly pid?: number;
  /** Our ends of the sockets on the descriptors asked for, in this order. */
  readonly streams: readonly Duplex[];
  readonly ended: Promise<ProcessEnd>;
  /** Where another process starts it: resolves when that has been asked to. */
  readonly asked?: Promise<void>;
}

/**
 * Starts a program in a session of its own, with a socket pair on each of `descriptors`, this process' own on each of `inherited`,
 * /dev/null on the other standard streams and an empty environment. It outlives this process, which does not wait for it either,
 * unless it `isAwaited`. Never throws: `ended` tells.
 */
export function spawnWithDescriptors(
  file: string,
  args: readonly string[],
  descriptors: readonly number[],
  { inherited = [], isAwaited = false }: { readonly inherited?: readonly number[]; readonly isAwaited?: boolean } = {},
): SpawnedProcess {
  const length = Math.max(2, ...descriptors, ...inherited) + 1;
  const child = spawn(file, args, {
    detached: true,
    cwd: '/',
    env: {},
    stdio: Array.from({ length }, (_, descriptor) => {
      if (descriptors.includes(descriptor)) return 'pipe';
      return inherited.includes(descriptor) ? descriptor : 'ignore';
    }),
  });
  if (!isAwaited) child.unref();
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) =>
      resolve({ ...(code !== null && { code }), ...(signal !== null && { signal }) }),
    );
  });
  const streams = descriptors.map((descriptor) => toDuplex(child, descriptor));
  return { ...(child.pid !== undefined && { pid: child.pid }), streams, ended };
}

/** Node types extra descriptors as one direction; each is a socket, which has both. There is none where it could not be started. */
function toDuplex(child: ChildProcess, descriptor: number): Duplex {
  return (child.stdio?.[descriptor] as Duplex | null | undefined) ?? makeEndedStream();
}

/** Has nothing to be read, and takes nothing. */
export function makeEndedStream(): Duplex {
  const stream = new PassThrough();
  stream.on('error', () => undefined);
  stream.end();
  return stream;
}
