import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** How a process ended; both are absent when it could not be started. */
export interface ProcessEnd {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
  readonly error?: Error;
}

export interface SpawnedProcess {
  /** Absent when it could not be started. */
  readonly pid?: number;
  /** Our ends of the socket pairs on descriptors 3, 4 … of the process, in this order. */
  readonly streams: readonly Duplex[];
  readonly ended: Promise<ProcessEnd>;
}

/**
 * Starts a program in a session of its own, with /dev/null as standard streams, `descriptorCount` socket pairs from descriptor
 * 3 on and an empty environment. It outlives this process, which does not wait for it either. Never throws: `ended` tells.
 */
export function spawnWithDescriptors(file: string, args: readonly string[], descriptorCount: number): SpawnedProcess {
  const pairs = Array.from({ length: descriptorCount }, () => 'pipe' as const);
  const child = spawn(file, args, {
    detached: true,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', ...pairs],
  });
  child.unref();
  const streams = pairs.map((_, index) => toDuplex(child, index + 3));
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) =>
      resolve({ ...(code !== null && { code }), ...(signal !== null && { signal }) }),
    );
  });
  return { ...(child.pid !== undefined && { pid: child.pid }), streams, ended };
}

/** Node types extra descriptors as one direction; each is a socket, which has both. */
function toDuplex(child: ChildProcess, descriptor: number): Duplex {
  const stream = child.stdio[descriptor] as Duplex | null | undefined;
  if (!stream) {
    throw new Error(`descriptor ${descriptor} of ${child.spawnfile} is no pipe`);
  }
  return stream;
}
