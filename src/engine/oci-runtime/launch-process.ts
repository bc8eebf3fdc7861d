import type { Duplex } from 'node:stream';
import type { ProcessIdentity } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { OciProcess } from '../../model/oci-runtime.js';
import { readWholeLines } from '../../platform/read-lines.js';
import { signalProcess } from '../../platform/signal-process.js';
import { type ProcessEnd, spawnWithDescriptors } from '../../platform/spawn-with-descriptors.js';
import { encodePlan, type Plan } from '../isolation/init-plan-encoding.js';
import type { MonitorFailure } from '../isolation/monitor-process.js';
import type { RuntimeParts } from './runtime-parts.js';

/** How a process is made, and what is done while it comes to be. */
export interface Launch {
  /** The beginning of the message about a failure. */
  readonly what?: string;
  readonly plan: Plan;
  readonly preservedDescriptors: number;
  /** The role stays until the process has ended. */
  readonly waits: boolean;
  /** What it reads, in place of this process' own standard input. */
  readonly input?: string;
  /** With the setting `handshake`: its namespaces are there. A throw ends it. */
  onCreated?(pid: number): void;
  /** It waits at the operation `start`. A throw ends it. */
  onWaiting?(process: ProcessIdentity): void;
}

export interface LaunchedProcess {
  readonly process: ProcessIdentity;
  /** The exit code, or 128 and the signal; 0 where it is not waited for. */
  readonly exit: Promise<number>;
  /** Tells the role, which copies between its streams and the terminal, that their size has changed. */
  resize(): void;
}

/** As who has asked for it sees it. */
export function toOciProcess({ process: { pid }, exit, resize }: LaunchedProcess): OciProcess {
  return { exit, resize, kill: (signal) => signalProcess(pid, signal) };
}

interface StatusLine {
  readonly created?: { readonly pid: number };
  readonly waiting?: ProcessIdentity;
  readonly started?: ProcessIdentity;
  readonly exit?: { readonly exitCode: number };
  readonly failed?: MonitorFailure;
}

const FIRST_PRESERVED = 3;

/**
 * Makes a process with the standard streams of this one: native/runtime.c is the other end and draws the messages. Resolves when it
 * runs, or waits at `start` and belongs to nobody. Rejects: command-not-found, command-not-executable, internal, and what the
 * callbacks throw; then there is no process.
 */
export async function launchProcess({ program }: RuntimeParts, launch: Launch): Promise<LaunchedProcess> {
  const bytes = encodePlan(launch.plan);
  const kept = Array.from({ length: launch.preservedDescriptors }, (_, index) => FIRST_PRESERVED + index);
  const own = [FIRST_PRESERVED + kept.length, FIRST_PRESERVED + kept.length + 1];
  const words = ['runtime', String(kept.length), ...(launch.waits ? ['wait'] : [])];
  const { pid, streams, ended } = spawnWithDescriptors(program, words, launch.input === undefined ? own : [...own, 0], {
    inherited: [0, 1, 2, ...kept],
    isAwaited: true,
  });
  const [input, status, stdin] = streams as readonly [Duplex, Duplex, Duplex?];
  stdin?.on('error', () => undefined).end(launch.input);
  stdin?.resume();
  // A role that has ended takes nothing any more; its end says why.
  input.on('error', () => undefined).end(bytes);
  input.resume();
  status.on('error', () => undefined);
  const made = Promise.withResolvers<ProcessIdentity>();
  const exit = follow({ status, launch, onMade: made.resolve }).then(async (code) => {
    const end = await ended;
    if (code === undefined) throw describeSilence(end);
    return code;
  });
  exit.catch(made.reject);
  const identity = await made.promise;
  if (!launch.waits) await exit;
  const resize = () => {
    if (pid !== undefined) signalProcess(pid, 'SIGWINCH');
  };
  return { process: identity, exit, resize };
}

interface Following {
  readonly status: Duplex;
  readonly launch: Launch;
  onMade(process: ProcessIdentity): void;
}

/** Answers the status lines to their end. The exit code; 0 where it is not waited for; undefined where too little was said. */
async function follow({ status, launch, onMade }: Following): Promise<number | undefined> {
  let made: ProcessIdentity | undefined;
  let code: number | undefined;
  for await (const text of readWholeLines(status)) {
    // Written by our own program of the same build.
    const line = JSON.parse(text) as StatusLine;
    if (line.failed !== undefined) throw toLaunchError(line.failed, launch.what);
    answer(status, launch, line);
    made ??= line.waiting ?? line.started;
    code ??= line.exit?.exitCode;
    if (launch.waits && made !== undefined) onMade(made);
  }
  if (made === undefined) return undefined;
  onMade(made);
  return launch.waits ? code : 0;
}

/** The byte that the role waits for. What is thrown in place of it ends the role, which takes the process with it. */
function answer(status: Duplex, launch: Launch, { created, waiting }: StatusLine): void {
  if (created === undefined && waiting === undefined) return;
  try {
    if (created !== undefined) launch.onCreated?.(created.pid);
    if (waiting !== undefined) launch.onWaiting?.(waiting);
  } catch (error) {
    status.destroy();
    throw error;
  }
  status.write('\n');
}

/** In runc's words, by which podman and dockerd tell 127 and 126 from other failures. */
function toLaunchError({ operation, target, errno, message }: MonitorFailure, what = ''): EngineError {
  const prefix = `${what}unable to start container process`;
  if (operation === 'exec' && (errno === 'ENOENT' || errno === 'ENOTDIR')) {
    const reason = target.includes('/')
      ? `stat ${target}: no such file or directory`
      : 'executable file not found in $PATH';
    return new EngineError('command-not-found', `${prefix}: exec: "${target}": ${reason}`);
  }
  if (operation === 'exec' && ['EACCES', 'ENOEXEC', 'EISDIR', 'EPERM'].includes(errno)) {
    const reason = errno === 'ENOEXEC' ? 'exec format error' : 'permission denied';
    return new EngineError('command-not-executable', `${prefix}: exec: "${target}": ${reason}`);
  }
  const about = target === '' ? operation : `${operation} ${target}`;
  return new EngineError('internal', `${prefix}: ${about}: ${message}${errno === '' ? '' : `: ${errno}`}`);
}

function describeSilence({ code, signal, error }: ProcessEnd): EngineError {
  const how = error?.message ?? `gantry-init ended without a word: ${signal ?? `exit code ${code}`}`;
  return new EngineError('internal', `unable to start container process: ${how}`);
}
