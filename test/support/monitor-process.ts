import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import {
  encodePlan,
  type PlanOperation,
  type PlanSetting,
  withLength,
} from '../../src/engine/isolation/init-plan-encoding.js';
import { type AttachClient, attachClient } from './attach-client.js';
import { waitUntil } from './wait-until.js';

/** The program under test, as scripts/build.sh leaves it. */
export const GANTRY_INIT = join(process.cwd(), 'dist/native/gantry-init');

export interface MonitorOptions {
  readonly command: readonly string[];
  /** Beside those every monitor of a test has: socket, lock, journal, log. */
  readonly settings?: readonly PlanSetting[];
  readonly operations?: readonly PlanOperation[];
  /** The bits of a client that is there before the process is. */
  readonly firstClient?: number;
  readonly socket?: string;
  /** What the monitor is started by, such as `chrt -r 1`. */
  readonly by?: readonly string[];
  /** The lock of another monitor. */
  readonly lock?: string;
  /** Bytes of a log file before it is rotated, and how many files are kept. */
  readonly logRotation?: readonly [number, number];
}

export type JournalLine = Record<string, unknown> & { readonly event: string };

export interface MonitorProcess {
  readonly folder: string;
  readonly pid: number;
  readonly status: Socket;
  readonly firstClient: AttachClient | undefined;
  /** The first status line that is not `created`. */
  readonly readStatus: () => Promise<Record<string, unknown>>;
  /** With the setting `handshake`: the process that waits. */
  readonly readCreated: () => Promise<number>;
  readonly attach: (bits: number) => Promise<AttachClient>;
  readonly journal: () => readonly JournalLine[];
  readonly waitForLine: (event: string, count?: number) => Promise<JournalLine>;
  readonly waitForEnd: () => Promise<void>;
  readonly kill: () => void;
}

/** What a plan of a test needs to run a program of the host in a pid and a mount namespace of its own. */
function hostOperations(command: readonly string[], console: string | undefined): PlanOperation[] {
  const terminal: readonly PlanOperation[] =
    console === undefined
      ? []
      : [
          ['mount', 'devpts', 'devpts', '/dev/pts', 'nosuid,noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
          ['console', console],
        ];
  return [
    ['root', '/'],
    ...terminal,
    ['pivot'],
    ['environment', `PATH=${process.env['PATH'] ?? ''}`],
    ['exec', ...command],
  ];
}

/** Starts a monitor in a temporary folder; when the test ends, it and what it started are gone. */
export function startMonitor(test: TestContext, options: MonitorOptions): MonitorProcess {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-monitor-'));
  const [maxBytes, maxFiles] = options.logRotation ?? [0, 1];
  const hasTerminal = options.settings?.some(([word]) => word === 'terminal');
  const plan = encodePlan({
    settings: [
      ['id', 'test'],
      ['socket', options.socket ?? join(folder, 'socket')],
      ['lock', options.lock ?? join(folder, 'lock')],
      ['journal', join(folder, 'journal')],
      ['log', join(folder, 'log'), maxBytes, maxFiles],
      ...(options.settings ?? [['clone', 'pid', 'mnt']]),
    ],
    operations:
      options.operations ?? hostOperations(options.command, hasTerminal ? join(folder, 'console') : undefined),
  });
  const hasFirst = options.firstClient !== undefined;
  const [program = GANTRY_INIT, ...words] = [...(options.by ?? []), GANTRY_INIT, 'monitor'];
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe', ...(hasFirst ? (['pipe'] as const) : [])],
  });
  const streams = child.stdio as unknown as (Duplex | null)[];
  (streams[3] as Duplex).on('error', () => undefined);
  const firstClient = hasFirst ? attachClient(streams[5] as Socket, options.firstClient ?? 0) : undefined;
  (streams[3] as Duplex).end(withLength(plan));
  const monitor = new RunningMonitor(folder, child, streams[4] as Socket);
  test.after(async () => {
    monitor.kill();
    await monitor.waitForEnd();
    rmSync(folder, { recursive: true, force: true });
  });
  return Object.assign(monitor, { firstClient });
}

class RunningMonitor {
  readonly pid: number;
  readonly #lines: Record<string, unknown>[] = [];
  readonly #clients: AttachClient[] = [];
  readonly folder: string;
  readonly status: Socket;
  readonly #child: ChildProcess;

  constructor(folder: string, child: ChildProcess, status: Socket) {
    this.folder = folder;
    this.status = status;
    this.#child = child;
    this.pid = child.pid ?? -1;
    let text = '';
    status.on('error', () => undefined);
    status.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        this.#lines.push(JSON.parse(text.slice(0, end)) as Record<string, unknown>);
        text = text.slice(end + 1);
      }
    });
  }

  readonly readStatus = (): Promise<Record<string, unknown>> =>
    waitUntil('a status line', () => this.#lines.find((line) => !('created' in line)));

  readonly readCreated = async (): Promise<number> => {
    const line = await waitUntil('the clone', () => this.#lines.find((candidate) => 'created' in candidate));
    return (line['created'] as { readonly pid: number }).pid;
  };

  readonly attach = async (bits: number): Promise<AttachClient> => {
    const path = join(this.folder, 'socket');
    await waitUntil('the attach socket', () => existsSync(path));
    const client = attachClient(connect(path), bits);
    this.#clients.push(client);
    return client;
  };

  readonly journal = (): readonly JournalLine[] => {
    const path = join(this.folder, 'journal');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JournalLine);
  };

  readonly waitForLine = (event: string, count = 1): Promise<JournalLine> =>
    waitUntil(
      `line ${count} of ${event} in the journal`,
      () => this.journal().filter((line) => line.event === event)[count - 1],
    );

  readonly waitForEnd = async (): Promise<void> => {
    await waitUntil('the end of the monitor', () => this.#child.exitCode !== null || this.#child.signalCode !== null);
  };

  readonly kill = (): void => {
    this.#child.kill('SIGKILL');
    for (const client of this.#clients) {
      client.close();
    }
  };
}
