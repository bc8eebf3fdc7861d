import { PassThrough } from 'node:stream';
import { openContextStore } from '../../src/api/client/context-store.js';
import { runCli, type ScreenChoices } from '../../src/cli/run-cli.js';
import { writeOutput } from '../../src/cli/write-output.js';
import type { Engine } from '../../src/engine/engine.js';
import type { EngineLocation } from '../../src/model/engine-location.js';

export interface CommandOptions {
  /** All of standard input; none when absent. */
  readonly stdin?: string | Uint8Array;
  /** Standard input and output are a terminal of this size. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly nowMs?: () => number;
  /** Told which engine the command line asks for. */
  readonly onOpen?: (location: EngineLocation) => void;
  /** Told what the command line says about the screen. */
  readonly onScreen?: (choices: ScreenChoices) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that runs in this process on a fake engine. */
export interface RunningCommand {
  readonly result: Promise<CommandResult>;
  readonly stdin: PassThrough & { rawModes: boolean[] };
  readonly stdout: PassThrough & { columns?: number; rows?: number };
  /** What has been printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** As if the process got this signal. */
  signal(name: NodeJS.Signals): void;
}

export function startCommand(engine: Engine, words: readonly string[], options: CommandOptions = {}): RunningCommand {
  const printed = { stdout: '', stderr: '' };
  const stdin = makeInput(options);
  const stdout = Object.assign(
    new PassThrough(),
    options.terminal === undefined ? {} : { isTTY: true, ...options.terminal },
  );
  const stderr = new PassThrough();
  stdout.on('data', (chunk: Buffer) => {
    printed.stdout += chunk.toString();
  });
  stderr.on('data', (chunk: Buffer) => {
    printed.stderr += chunk.toString();
  });
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const interruption = new AbortController();
  const result = runCli(words, {
    version: '0.1.0',
    stdin,
    stdout,
    stderr,
    print: (data) => writeOutput(stdout, data),
    env: options.env ?? {},
    workingDir: options.workingDir ?? '/',
    nowMs: options.nowMs ?? Date.now,
    interrupted: interruption.signal,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    openEngine: (location) => {
      options.onOpen?.(location);
      return Promise.resolve(engine);
    },
    listSettled: () => Promise.resolve(undefined),
    // The user's own are not for tests.
    contexts: () => Promise.resolve(openContextStore({ HOME: '/nonexistent', ...options.env })),
    hostCapabilities: () => engine.system.capabilities(),
    registry: () => Promise.reject(new Error('no registry here')),
    notifyManager: () => Promise.resolve(),
    ociRuntime: () => Promise.reject(new Error('the test has no bundles')),
    serveConnection: () => Promise.reject(new Error('the test has no API')),
    serveApi: () => Promise.reject(new Error('the test has no API')),
    showScreen: (_engine, choices) => {
      options.onScreen?.(choices);
      return Promise.resolve(void stdout.write('the screen'));
    },
  });
  return {
    stdin,
    stdout,
    printed,
    result: result.then((code) => ({ code, ...printed })),
    signal: (name) => {
      for (const listener of listeners) {
        listener(name);
      }
      if (listeners.size === 0) {
        interruption.abort();
      }
    },
  };
}

export function runCommand(
  engine: Engine,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return startCommand(engine, words, options).result;
}

function makeInput(options: CommandOptions): RunningCommand['stdin'] {
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    rawModes,
    ...(options.terminal === undefined ? {} : { isTTY: true, setRawMode: (on: boolean) => rawModes.push(on) }),
  });
  if (options.stdin !== undefined) {
    stdin.end(options.stdin);
  } else if (options.terminal === undefined) {
    stdin.end();
  }
  return stdin;
}
