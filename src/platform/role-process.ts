import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ProcessSpawner } from './process-spawner.js';
import { makeEndedStream } from './spawn-with-descriptors.js';

/** A role of gantry-init that reads a stream, writes one, or both, and then ends. */
export interface RoleProcess {
  /** What it writes to stdout. */
  readonly output: Readable;
  /**
   * Resolves when there is room for more; gives up quietly once the process has ended, since `done` says why. The bytes must
   * not be changed before `onTaken` is called.
   */
  write(bytes: Uint8Array, onTaken?: () => void): Promise<void>;
  /** Ends its stdin. */
  end(): void;
  /** Resolves at status 0. Rejects with RoleFailure. Is never unhandled. */
  readonly done: Promise<void>;
  kill(): void;
}

/** The one line that a role writes to stderr when it fails: `ERRNO target: message`. */
export class RoleFailure extends Error {
  override readonly name = 'RoleFailure';
  /** Such as `ENOENT`; `-` where the kernel was not asked. */
  readonly errno: string;
  readonly target: string;

  constructor(errno: string, target: string, message: string) {
    super(message);
    this.errno = errno;
    this.target = target;
  }
}

/** Bytes that may wait for the process before a writer has to wait. */
const PENDING_MAX = 4 << 20;
const FAILURE = /^(\S+) (.*?): (.*)$/s;

/** Starts `program role args…` (gantry-init's README.md) with pipes on all three descriptors. */
export function startRole(program: string, args: readonly string[]): RoleProcess {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
  // Where there is no descriptor for it there are no streams either, whatever their types say.
  const {
    stdin = makeEndedStream(),
    stdout = makeEndedStream(),
    stderr = makeEndedStream(),
  } = child as Partial<typeof child>;
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 4096) complaint += text;
  });
  let waiting: (() => void)[] = [];
  const resume = () => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  stdin.on('drain', resume).on('close', resume);
  // The process has gone: its status says more than EPIPE.
  stdin.on('error', resume);
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(new RoleFailure('-', program, error.message)));
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(toFailure(complaint, code, signal))));
  });
  done.catch(() => undefined).finally(resume);
  return {
    output: stdout,
    async write(bytes, onTaken) {
      if (stdin.destroyed) return;
      stdin.write(bytes, onTaken);
      while (stdin.writableLength > PENDING_MAX && !stdin.destroyed) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    end: () => stdin.end(),
    done,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Runs a role that reads at most `input` and writes nothing but a failure. Rejects with RoleFailure. */
export async function runRole(spawner: ProcessSpawner, args: readonly string[], input?: Uint8Array): Promise<void> {
  const { streams, ended } = await spawner.spawn(args, input === undefined ? [2] : [2, 0], { keepsAlive: true });
  // A role that ends before it has read all of it says why.
  streams[1]?.on('error', () => undefined).end(input);
  let complaint = '';
  for await (const text of streams[0]?.setEncoding('utf8') ?? []) complaint += text;
  const { code, signal, error } = await ended;
  if (code === 0) return;
  throw error === undefined
    ? toFailure(complaint, code ?? null, signal ?? null)
    : new RoleFailure('-', 'gantry-init', error.message);
}

function toFailure(complaint: string, code: number | null, signal: NodeJS.Signals | null): RoleFailure {
  const match = FAILURE.exec(complaint.trim());
  if (match === null) return new RoleFailure('-', 'gantry-init', complaint.trim() || `ended with ${signal ?? code}`);
  return new RoleFailure(match[1] ?? '-', match[2] ?? '', match[3] ?? '');
}
