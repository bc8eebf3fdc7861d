import { type Instance, render, useApp } from 'ink';
import { useMemo } from 'react';
import { messageOf } from '../model/errors.js';
import type { Workspace } from '../store/workspace.js';
import { App } from './app.js';
import type { CommandContext } from './commands/command-context.js';
import { readScroll } from './dialogs/dialog-place.js';
import type { ContextSwitch } from './engine-switch.js';
import { followTheme, type ThemeOptions } from './follow-theme.js';
import { type HostPrograms, NO_PROGRAMS } from './host-programs.js';
import { type Binding, KEYMAP } from './keymap.js';
import type { OwnCommand } from './own-command-file.js';
import type { PaintContext } from './paint-context.js';
import { measurePaneText } from './panes/pane-text.js';
import { createSessionInput, followKeyModes } from './sessions/session-input.js';
import { followMouseModes } from './sessions/session-mouse.js';
import { createSessionsStore } from './sessions/sessions-store.js';
import { selectCellColours } from './terminal/cell-style.js';
import { type Compositor, createCompositor } from './terminal/compositor.js';
import { createGlyphSelection, selectGlyphs } from './terminal/glyphs.js';
import { createInkInput } from './terminal/ink-input.js';
import { createMouseCapture } from './terminal/mouse.js';
import { createMouseInput, type MouseInput } from './terminal/mouse-input.js';
import { runSession, type SessionTerminal } from './terminal/session.js';
import { CompositorContext } from './terminal/surface.js';
import { listThemes } from './themes.js';

export interface ScreenOptions extends ThemeOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Ends the screen as `q` does. */
  readonly signal?: AbortSignal;
  /** Drawn in ASCII, with the colours that there are. */
  readonly isAscii?: boolean;
  /** The wall clock, ms since 1970; the real one when absent. */
  readonly now?: () => number;
  /** The keys; those of the table when absent. */
  readonly bindings?: readonly Binding[];
  /** The user's own commands; none when absent. */
  readonly ownCommands?: readonly OwnCommand[];
  /** Told after each write to the terminal. */
  onPaint?(): void;
  /** Absent: there is no other engine to go to. */
  readonly contexts?: ContextSwitch;
  /** Absent: no program of the host is started. */
  readonly programs?: HostPrograms;
}

/** Draws a workspace on a terminal until the user quits. The terminal is as before afterwards, whatever ended it. */
export async function showScreen(workspace: Workspace, options: ScreenOptions): Promise<void> {
  const input = createMouseInput();
  const mouse = createMouseCapture((sequence) => options.stdout.write(sequence));
  mouse.set(workspace.view.getState().mouse);
  const compositor = createCompositor(options.stdout, undefined, mouse.withMouse, options.onPaint);
  const { theme, close: closeTheme } = followTheme(workspace, options, () => compositor.redraw());
  const sessions = createSessionsStore(selectCellColours(options.env));
  const keyModes = followKeyModes(sessions, workspace.view, (sequence) => compositor.writeControl(sequence));
  const mouseModes = followMouseModes(sessions, workspace.view, mouse.track);
  const takeTyped = createSessionInput(sessions, workspace.view);
  const stdin = createInkInput(options.stdin, (bytes) => takeTyped(input.take(bytes)));
  const glyphs = createGlyphSelection(selectGlyphs(options.env, options.isAscii === true || options.isPlain === true));
  const context: PaintContext = {
    workspace,
    sessions,
    theme,
    get glyphs() {
      return glyphs(workspace.view.getState().graph.style);
    },
    bindings: options.bindings ?? KEYMAP,
    now: options.now ?? Date.now,
  };
  const instance = render(
    <CompositorContext value={compositor}>
      <Screen context={context} compositor={compositor} input={input} options={options} />
    </CompositorContext>,
    {
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: compositor.stdout,
      alternateScreen: true,
      exitOnCtrlC: false,
      interactive: true,
      patchConsole: false,
    },
  );
  const release = unmountWhen(instance, options);
  const closeMouse = workspace.view.subscribe((state) => mouse.set(state.mouse));
  try {
    await instance.waitUntilExit();
  } finally {
    release();
    closeTheme();
    closeMouse();
    keyModes.reset();
    mouseModes.reset();
    instance.unmount();
    compositor.close();
    await sessions.closeAll();
  }
}

interface ScreenProps {
  readonly context: PaintContext;
  readonly compositor: Compositor;
  readonly input: MouseInput;
  readonly options: ScreenOptions;
}

function Screen({ context, compositor, input, options }: ScreenProps) {
  const { exit, suspendTerminal } = useApp();
  const commands = useMemo<CommandContext>(() => {
    const { workspace, bindings, sessions } = context;
    const lend = async (borrow: () => Promise<void> | void) => {
      compositor.pause();
      try {
        await suspendTerminal(borrow);
      } finally {
        compositor.resume();
      }
    };
    return {
      workspace,
      bindings,
      ownCommands: options.ownCommands ?? [],
      programs: options.programs ?? NO_PROGRAMS,
      contexts: options.contexts,
      lend,
      themes: () => listThemes(options.env),
      sessions,
      quit: () => exit(),
      copy: (text) => compositor.writeControl(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`),
      textExtent: (pane) => measurePaneText(context, pane),
      dialogScroll: () => {
        const { dialog, screen } = workspace.view.getState();
        return readScroll(context, dialog, { columns: screen.width, rows: screen.height });
      },
      graphStyle: () => context.glyphs.graph,
      redraw: () => compositor.redraw(),
      suspend: () =>
        void lend(async () => {
          if (!(await stopProcess())) workspace.view.say('info', 'there is no shell here to go back to');
        }),
      lendToShell: () => lendToShell(workspace, { lend, terminal: options }),
    };
  }, [context, compositor, options, exit, suspendTerminal]);
  return <App context={context} commands={commands} mouse={input} />;
}

interface Lender {
  lend(borrow: () => Promise<void>): Promise<void>;
  readonly terminal: SessionTerminal;
}

/** A shell in the selected container, on the whole screen. */
async function lendToShell(workspace: Workspace, { lend, terminal }: Lender): Promise<void> {
  const container = workspace.selectedContainer();
  if (container === undefined) return;
  const { columns, rows } = terminal.stdout;
  const { actions, view } = workspace;
  const shell = await actions.openShell(container, { columns, rows });
  if (shell === undefined) return;
  try {
    let outcome = 'ended';
    await lend(async () => {
      terminal.stdout.write(`shell in ${container.name}: ctrl-p ctrl-q ends it and comes back\r\n`);
      outcome = await runSession(terminal, shell.streams);
    });
    view.say('ok', `shell in ${container.name} ${outcome}`);
  } catch (error) {
    view.say('error', messageOf(error));
  }
}

/** How long a stop may take to come, ms. */
const STOP_MS = 250;

/**
 * Returns when the shell continues the program. Where there is no shell that could (it is the terminal's own program), the kernel drops the
 * signal, and this returns soon: false.
 */
function stopProcess(): Promise<boolean> {
  return new Promise((resolve) => {
    const onContinue = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      // Of a program that was stopped longer than that, the signal comes in this turn of the event loop.
      setImmediate(() => {
        process.off('SIGCONT', onContinue);
        resolve(false);
      });
    }, STOP_MS);
    process.once('SIGCONT', onContinue);
    process.kill(process.pid, 'SIGTSTP');
  });
}

/** Ends the screen when the terminal is gone, the caller says so, or the program fails; gives the function that takes this back. */
function unmountWhen(instance: Instance, { stdin, stdout, signal }: ScreenOptions): () => void {
  const end = () => instance.unmount();
  stdin.on('end', end);
  stdin.on('error', end);
  stdout.on('error', end);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  // Node prints the failure after this: it must not be lost with the alternate screen.
  process.on('uncaughtExceptionMonitor', end);
  return () => {
    stdin.off('end', end);
    stdin.off('error', end);
    stdout.off('error', end);
    signal?.removeEventListener('abort', end);
    process.off('uncaughtExceptionMonitor', end);
  };
}
