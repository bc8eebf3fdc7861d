import type { AttachedStreams, AttachOptions, LogEntry } from '../../src/engine/engine.js';
import type { Container, ExecConfig, ExitedState } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerId, ExecId } from '../../src/model/ids.js';
import type { Image } from '../../src/model/image.js';
import { AsyncQueue } from './async-queue.js';
import { FAKE_PROGRAMS } from './fake-programs.js';

type Output = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };

/** Signals that do not end a fake process: CONT, URG, CHLD, WINCH, USR1. */
const HARMLESS = new Set([18, 23, 17, 28, 10]);

/** A process of the fake engine: what it prints goes to all that are attached, a signal ends it. */
export class FakeRun {
  readonly stdin = new AsyncQueue<Uint8Array>();
  readonly signals: number[] = [];
  readonly sizes: { readonly columns: number; readonly rows: number }[] = [];
  readonly attached = new Set<AsyncQueue<Output>>();
  readonly ended: Promise<number>;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
  #end: (code: number) => void = () => undefined;

  constructor(onOutput: (stream: 'stdout' | 'stderr', text: string) => void) {
    this.onOutput = onOutput;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  signal(number: number): void {
    this.signals.push(number);
    if (!HARMLESS.has(number)) {
      this.#end(128 + number);
    }
  }

  /** Ends the process with `code`, as if its program had returned it. */
  exit(code: number): void {
    this.#end(code);
  }

  print(text: string, stream: 'stdout' | 'stderr'): void {
    this.onOutput(stream, text);
    for (const queue of this.attached) {
      queue.push({ stream, bytes: Buffer.from(text) });
    }
  }

  /** Runs the program of `argv`; resolves with its exit code. Rejects: command-not-found. */
  start(argv: readonly string[], env: Readonly<Record<string, string>>, tty: boolean): Promise<number> {
    const name = argv[0]?.split('/').at(-1) ?? '';
    if (name.startsWith('nosuch')) {
      throw new EngineError('command-not-found', `exec: "${argv[0]}": executable file not found in $PATH`);
    }
    const program = FAKE_PROGRAMS[name] ?? (() => this.ended);
    const print = (text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
      this.print(tty ? text.replaceAll(/\r?\n/g, '\r\n') : text, tty ? 'stdout' : stream);
    const returned = program({ argv, env, tty, stdin: this.stdin, print, ended: this.ended });
    return Promise.race([returned, this.ended]).finally(() => this.close());
  }

  attach(options: AttachOptions): AttachedStreams {
    const output = new AsyncQueue<Output>();
    this.attached.add(output);
    const detach = () => {
      this.attached.delete(output);
      output.end();
      return Promise.resolve();
    };
    options.signal?.addEventListener('abort', () => void detach());
    return {
      output,
      write: (bytes) => Promise.resolve(this.stdin.push(bytes)),
      closeStdin: () => Promise.resolve(this.stdin.end()),
      resize: (columns, rows) => {
        this.sizes.push({ columns, rows });
        return Promise.resolve();
      },
      detach,
    };
  }

  close(): void {
    this.stdin.end();
    for (const queue of this.attached) {
      queue.end();
    }
    this.attached.clear();
  }
}

/** A container of the fake engine: the model's value and what lives behind it. */
export interface FakeContainer {
  value: Container;
  run: FakeRun;
  readonly log: LogEntry[];
  readonly logReaders: Set<AsyncQueue<LogEntry>>;
  readonly files: Map<string, Uint8Array>;
  exitWaiters: ((state: ExitedState) => void)[];
  removeWaiters: (() => void)[];
}

export interface FakeExec {
  readonly id: ExecId;
  readonly containerId: ContainerId;
  readonly config: ExecConfig;
  readonly run: FakeRun;
  exitCode: number | undefined;
  started: boolean;
}

/** The container that `create` makes of a config, its image joined in. */
export function toFakeContainer(id: ContainerId, config: ContainerConfig, image: Image, atMs: number): Container {
  const entrypoint = config.entrypoint ?? image.config.entrypoint ?? [];
  const command = config.command ?? (config.entrypoint === undefined ? (image.config.command ?? []) : []);
  const [path, ...args] = [...entrypoint, ...command];
  if (path === undefined) {
    throw new EngineError('invalid-argument', 'no command specified');
  }
  return {
    id,
    name: config.name ?? `fake_${id.slice(0, 6)}`,
    config,
    imageId: image.id,
    process: {
      path,
      args,
      env: { ...image.config.env, ...config.env },
      workingDir: config.workingDir ?? image.config.workingDir ?? '/',
      user: config.user ?? image.config.user ?? '',
      stopSignal: config.stopSignal ?? image.config.stopSignal ?? 'SIGTERM',
    },
    limits: config.limits ?? {},
    createdAtMs: atMs,
    state: { status: 'created' },
    restartCount: 0,
    networks: [],
  };
}
