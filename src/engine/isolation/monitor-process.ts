import type { Duplex } from 'node:stream';
import type { ProcessIdentity } from '../../model/container.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { readWholeLines } from '../../platform/read-lines.js';
import type { ProcessEnd } from '../../platform/spawn-with-descriptors.js';
import { encodePlan, type Plan, withLength } from './init-plan-encoding.js';

/** Why a container or an exec did not start; native/README.md, "The handshake". */
export interface MonitorFailure {
  /** A word of the plan, or `monitor` where the monitor itself gave up. */
  readonly operation: string;
  readonly target: string;
  readonly errno: string;
  readonly message: string;
}

export type MonitorOutcome = { readonly started: ProcessIdentity } | { readonly failed: MonitorFailure };

/** A monitor between its spawn and the program's start. */
export interface MonitorStart {
  readonly outcome: Promise<MonitorOutcome>;
  /** The attach clients that the monitor has from the beginning; nothing of the output is missed on them. */
  readonly attached: readonly Duplex[];
}

interface StatusLine {
  readonly started?: ProcessIdentity;
  readonly failed?: MonitorFailure;
}

/** Descriptors of a monitor, and `MOST_FIRST_CLIENTS` of native/monitor.c. Without one for the status it is told where the plan came. */
const PLAN = 3;
const FIRST_CLIENT = 5;
const MOST_FIRST_CLIENTS = 8;

/** A monitor that has no plan yet. */
export interface WaitingMonitor {
  /** Resolves when it was asked for: from then on it comes to life whatever this process is doing. */
  readonly asked: Promise<void>;
  /**
   * Has it connect the network that it makes, by a plan of `compileNetworkAhead`. Only where `hasOwnNetwork` was said of it, and once.
   * Throws invalid-argument for a plan that cannot be encoded.
   */
  connect(ahead: Plan): void;
  /** Throws invalid-argument for a plan that cannot be encoded; all else that goes wrong, before it too, is in its `outcome`. */
  start(plan: Plan): MonitorStart;
  /** Resolves when it has ended, and has taken back what it had connected. Once it has its plan, this does nothing. */
  dismiss(): Promise<void>;
}

export interface MonitorOptions {
  /** Attach clients that the monitor has from the beginning; up to MOST_FIRST_CLIENTS. */
  readonly clients?: number;
  /** The plan makes a network namespace, in this process' user namespace: the monitor makes it while the plan is made. */
  readonly hasOwnNetwork?: boolean;
}

/**
 * Starts a monitor: native/monitor.c is the other end. Plan and status on descriptor 3, from 5 on the attach clients: each connection
 * costs 0.1 ms. All that goes wrong is in the outcome of its start.
 */
export async function spawnMonitor(
  spawner: Pick<ProcessSpawner, 'spawn'>,
  options: MonitorOptions = {},
): Promise<WaitingMonitor> {
  const clients = Math.min(options.clients ?? 0, MOST_FIRST_CLIENTS);
  const descriptors = [PLAN, ...Array.from({ length: clients }, (_, index) => FIRST_CLIENT + index)];
  const words = ['monitor', String(clients), ...(options.hasOwnNetwork === true ? ['network'] : [])];
  const { streams, ended, asked = Promise.resolve() } = await spawner.spawn(words, descriptors);
  const [control, ...attached] = streams as readonly [Duplex, ...Duplex[]];
  // A monitor that has ended takes nothing any more; the outcome says why.
  control.on('error', () => undefined);
  let isFirstDue = options.hasOwnNetwork === true;
  return {
    asked,
    connect: (ahead) => {
      control.write(withLength(encodePlan(ahead)));
      isFirstDue = false;
    },
    start: (plan) => {
      const bytes = withLength(encodePlan(plan));
      control.end(isFirstDue ? Buffer.concat([withLength(NO_PLAN), bytes]) : bytes);
      return { outcome: readOutcome(control, ended), attached };
    },
    dismiss: async () => {
      if (!control.writableEnded) {
        control.end();
        await readOutcome(control, ended);
      }
      for (const stream of streams) stream.destroy();
    },
  };
}

const NO_PLAN = Buffer.alloc(0);

/** Reads the status lines to their end. A monitor may end without a word. */
async function readOutcome(status: Duplex, ended: Promise<ProcessEnd>): Promise<MonitorOutcome> {
  let outcome: MonitorOutcome | undefined;
  try {
    for await (const text of readWholeLines(status)) outcome ??= toOutcome(parseStatus(text));
  } catch {
    // A connection that breaks off ends the lines like any other end.
  }
  return outcome ?? { failed: describeSilence(await ended) };
}

function toOutcome({ started, failed }: StatusLine): MonitorOutcome | undefined {
  if (started) {
    return { started };
  }
  return failed && { failed };
}

/** Written by our own program of the same build; what is malformed counts as nothing said. */
function parseStatus(line: string): StatusLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function describeSilence({ code, signal, error }: ProcessEnd): MonitorFailure {
  const how = signal ? `signal ${signal}` : `exit code ${code ?? '?'}`;
  const message = error ? `cannot run it: ${error.message}` : `ended without a word: ${how}`;
  return { operation: 'monitor', target: 'gantry-init', errno: '', message };
}
