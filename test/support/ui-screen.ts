import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import xterm from '@xterm/headless';
import type { Engine } from '../../src/engine/engine.js';
import { omitUndefined } from '../../src/model/omit-undefined.js';
import type { SaveArchive } from '../../src/store/actions.js';
import type { Workspace } from '../../src/store/workspace.js';
import type { EngineSwitch } from '../../src/ui/engine-switch.js';
import type { HostPrograms } from '../../src/ui/host-programs.js';
import { type ScreenOptions, showScreen } from '../../src/ui/show-screen.js';
import { startUi } from '../../src/ui/start-ui.js';

export interface UiScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
  readonly saveArchive?: SaveArchive;
  /** Name or file, as `--theme`. */
  readonly theme?: string;
  readonly isAscii?: boolean;
  readonly isPlain?: boolean;
  readonly isReadOnly?: boolean;
  readonly programs?: HostPrograms;
  readonly engines?: EngineSwitch;
}

/** The screen over an engine in this process, drawn on a headless xterm. */
export interface UiScreen {
  /** The rows on the screen, trailing blanks cut. */
  text(): Promise<string>;
  press(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** Resolves with the screen once nothing has been written for 250 ms. */
  settle(): Promise<string>;
  /** Resolves with the screen once it holds `what`. */
  waitFor(what: RegExp | string, timeoutMs?: number): Promise<string>;
  writtenCharacters(): number;
  readonly xterm: InstanceType<typeof xterm.Terminal>;
  /** Resolves when the screen has ended by itself. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export function startUiScreen(engine: Engine, options: UiScreenOptions = {}): UiScreen {
  const stop = new AbortController();
  return openScreen(options, stop, (screen) =>
    startUi(engine, {
      ...screen,
      signal: stop.signal,
      ...omitUndefined({ saveArchive: options.saveArchive, isReadOnly: options.isReadOnly, engines: options.engines }),
    }),
  );
}

/** As `startUiScreen`, over a workspace that the test has made; `stop` ends both. */
export function startScreen(workspace: Workspace, stop: AbortController, options: UiScreenOptions): UiScreen {
  return openScreen(options, stop, (screen) => showScreen(workspace, { ...screen, signal: stop.signal }));
}

function openScreen(
  {
    columns = 80,
    rows = 24,
    env = { TERM: 'xterm-256color' },
    now,
    theme,
    isAscii,
    isPlain,
    programs,
  }: UiScreenOptions,
  stop: AbortController,
  show: (options: ScreenOptions) => Promise<void>,
): UiScreen {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0, convertEol: true });
  const stdout = new FakeTerminalOutput(terminal);
  const stdin = new FakeTerminalInput();
  const ended = show({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    env,
    ...omitUndefined({ now, theme, isAscii, isPlain, programs }),
  });
  const text = async () => {
    await new Promise<void>((resolve) => terminal.write('', resolve));
    return readRows(terminal).join('\n');
  };
  return {
    text,
    xterm: terminal,
    ended,
    press: (...keys) => {
      for (const key of keys) stdin.write(key);
    },
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      stdout.emit('resize');
    },
    settle: async () => {
      for (let written = -1; written !== stdout.written; ) {
        written = stdout.written;
        await delay(250);
      }
      return text();
    },
    waitFor: async (what, timeoutMs = 5000) => {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const screen = await text();
        if (typeof what === 'string' ? screen.includes(what) : what.test(screen)) return screen;
        if (performance.now() > deadline) throw new Error(`no ${String(what)} within ${timeoutMs} ms on\n${screen}`);
        await delay(5);
      }
    },
    writtenCharacters: () => stdout.written,
    close: async () => {
      stop.abort();
      await ended;
    },
  };
}

class FakeTerminalOutput extends EventEmitter {
  readonly isTTY = true;
  written = 0;
  readonly #terminal: InstanceType<typeof xterm.Terminal>;

  constructor(terminal: InstanceType<typeof xterm.Terminal>) {
    super();
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(text: string): boolean {
    this.written += text.length;
    this.#terminal.write(text);
    return true;
  }
}

class FakeTerminalInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function readRows(terminal: InstanceType<typeof xterm.Terminal>): string[] {
  const buffer = terminal.buffer.active;
  return Array.from(
    { length: terminal.rows },
    (_, y) => buffer.getLine(y)?.translateToString(true, 0, terminal.cols) ?? '',
  );
}
