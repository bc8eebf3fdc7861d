import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** Added to this process's environment; a value of undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A program in a real pseudo-terminal, its screen kept by a headless xterm that answers its queries as a terminal does. */
export interface TerminalProgram {
  readonly pid: number;
  readonly xterm: InstanceType<typeof xterm.Terminal>;
  /** Everything the program wrote, in characters; for counting what it writes when idle. */
  writtenCharacters(): number;
  /** The same in bytes of UTF-8: what goes over the line. */
  writtenBytes(): number;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** The rows on the screen, trailing blanks cut. */
  screen(): string;
  /** Resolves with the screen once it holds `what`; rejects with the last screen after `timeoutMs`. */
  waitFor(what: RegExp | string, timeoutMs?: number): Promise<string>;
  /** Resolves when the program has ended. */
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  kill(signal?: string): void;
  /** Closes the terminal as its window does. */
  hangUp(): void;
}

export function startInTerminal(file: string, args: readonly string[], options: TerminalOptions = {}): TerminalProgram {
  const { columns = 120, rows = 40 } = options;
  const screenTerminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  const pty = spawn(file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: environment(options.env),
  });
  let written = 0;
  let writtenBytes = 0;
  pty.onData((data) => {
    written += data.length;
    writtenBytes += Buffer.byteLength(data);
    screenTerminal.write(data);
  });
  // Answers to what the program asks the terminal (device attributes, cursor position).
  screenTerminal.onData((data) => pty.write(data));
  const exited = new Promise<{ exitCode: number; signal?: number | undefined }>((resolve) => pty.onExit(resolve));
  const screen = () => readScreen(screenTerminal);
  return {
    pid: pty.pid,
    xterm: screenTerminal,
    writtenCharacters: () => written,
    writtenBytes: () => writtenBytes,
    type: (text) => pty.write(text),
    resize: (newColumns, newRows) => {
      screenTerminal.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    screen,
    waitFor: async (what, timeoutMs = 5000) => {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        await new Promise<void>((resolve) => screenTerminal.write('', resolve));
        const text = screen();
        // Nobody sees half of what is written as one update.
        const isWhole = !screenTerminal.modes.synchronizedOutputMode;
        if (isWhole && (typeof what === 'string' ? text.includes(what) : what.test(text))) return text;
        if (performance.now() > deadline) throw new Error(`no ${String(what)} within ${timeoutMs} ms on\n${text}`);
        await delay(10);
      }
    },
    exited,
    kill: (signal = 'SIGKILL') => pty.kill(signal),
    hangUp: () => {
      if ('destroy' in pty && typeof pty.destroy === 'function') pty.destroy();
      else throw new Error('this terminal cannot be closed');
    },
  };
}

function environment(changes: TerminalOptions['env']): Record<string, string> {
  // CI makes Ink draw for a pipe; a person at a terminal has none.
  const merged = { ...process.env, CI: undefined, TERM: 'xterm-256color', COLORTERM: 'truecolor', ...changes };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function readScreen(terminal: InstanceType<typeof xterm.Terminal>): string {
  const buffer = terminal.buffer.active;
  return Array.from(
    { length: terminal.rows },
    (_, y) => buffer.getLine(buffer.viewportY + y)?.translateToString(true) ?? '',
  ).join('\n');
}
