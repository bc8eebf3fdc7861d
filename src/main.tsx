import { setImmediate } from 'node:timers/promises';
import { type CliProcess, runCli } from './cli/run-cli.js';
import { GANTRY_VERSION } from './model/version.js';
import { openStandardOutput } from './standard-output.js';
import type { HostPrograms } from './ui/host-programs.js';

/** Signals that the program in a container may want; those about this process's own children are left out. */
const PASSED: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'];
const ENDING: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];
/** 128 + SIGINT: of a command that the user stopped a second time. */
const EXIT_INTERRUPTED = 130;
/** What the program has printed stays until it is read. Keys that interrupt it do not interrupt this: a subshell has no traps of its parent. */
const WAIT_FOR_ENTER = 'code=$?; printf "\\n[exit %d: enter comes back] " "$code"; read -r answer; exit "$code"';

/** Runs what the command line says, and ends the process with its exit code. */
async function main(): Promise<void> {
  const interruption = new AbortController();
  const signals = followSignals(interruption);
  // The reader has gone (`gantry logs -f | head`): there is nothing left to do.
  const output = openStandardOutput(() => interruption.abort());
  const code = await runCli(process.argv.slice(2), {
    version: GANTRY_VERSION,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    print: output.print,
    env: process.env,
    workingDir: process.cwd(),
    nowMs: Date.now,
    interrupted: interruption.signal,
    onSignal: signals,
    openEngine: async (location) => (await import('./open-engine.js')).openEngine(location, { endsWithProcess: true }),
    listSettled: async (...call) => (await import('./list-settled.js')).listSettled(...call),
    hostCapabilities: async (location) => (await import('./open-engine.js')).readCapabilities(location),
    registry: async (location) => (await import('./open-registry.js')).openRegistry(location),
    ociRuntime: async (settings) => (await import('./open-oci-runtime.js')).openOciRuntime(settings),
    serveApi: async (...call) => (await import('./api/server/serve-api.js')).serveApi(...call),
    serveConnection: async (...call) => (await import('./api/server/serve-connection.js')).serveConnection(...call),
    notifyManager: async (lines) => (await import('./notify-manager.js')).notifyManager(lines, process.env),
    contexts: async () => (await import('./api/client/context-store.js')).openContextStore(process.env),
    showScreen: async (engine, choices, engines) => {
      const { startUi } = await import('./ui/start-ui.js');
      await startUi(engine, {
        ...choices,
        stdin: process.stdin,
        stdout: process.stdout,
        env: process.env,
        signal: interruption.signal,
        programs: hostPrograms(signals),
        engines,
        saveArchive: async (...args) => (await import('./cli/copy/save-archive.js')).saveArchive(...args),
      });
    },
  });
  await output.drain();
  // Standard input may still be open, and keeps a process alive.
  process.exit(code);
}

/**
 * A terminal that two processes read gives each of them some of what is typed. Only once nobody listens any more is pause() told to the
 * handle, and both take a turn of the event loop; who listens again is read for again.
 */
async function stopReading(stdin: NodeJS.ReadStream): Promise<void> {
  await setImmediate();
  stdin.pause();
  await setImmediate();
}

/** Programs that the screen starts for its user, by sh. */
function hostPrograms(onSignal: CliProcess['onSignal']): HostPrograms {
  const load = () => import('./platform/run-program.js');
  return {
    openUrl: async (url) => {
      const { DISPLAY, WAYLAND_DISPLAY } = process.env;
      if (!DISPLAY && !WAYLAND_DISPLAY) return false;
      try {
        return (await (await load()).runProgram('xdg-open', [url])).exitCode === 0;
      } catch {
        // Not installed: the address is copied instead.
        return false;
      }
    },
    run: async (line, onLine) => (await (await load()).runProgram('/bin/sh', ['-c', line], { onLine })).exitCode,
    runInTerminal: async (line) => {
      const { runInTerminal } = await import('./platform/run-in-terminal.js');
      // ctrl-c is for the program: this process has the same terminal.
      const stop = onSignal(() => undefined);
      try {
        await stopReading(process.stdin);
        return await runInTerminal('/bin/sh', ['-c', `trap : INT QUIT\n(${line}\n)\n${WAIT_FOR_ENTER}`], process.env);
      } finally {
        stop();
      }
    },
  };
}

/** Signals go to the listener where there is one; else the first asks the command to end, and the second ends it. */
function followSignals(interruption: AbortController): CliProcess['onSignal'] {
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const onSignal = (signal: NodeJS.Signals) => {
    for (const listener of listeners) {
      listener(signal);
    }
    if (listeners.size === 0 && interruption.signal.aborted) {
      process.exit(EXIT_INTERRUPTED);
    }
    if (listeners.size === 0) {
      interruption.abort();
    }
  };
  for (const signal of ENDING) {
    process.on(signal, onSignal);
  }
  return (listener) => {
    const others = PASSED.filter((signal) => !ENDING.includes(signal));
    listeners.add(listener);
    for (const signal of others) {
      process.on(signal, listener);
    }
    return () => {
      listeners.delete(listener);
      for (const signal of others) {
        process.off(signal, listener);
      }
    };
  };
}

// Not awaited: a CommonJS bundle has no top-level await. It never rejects.
void main();
