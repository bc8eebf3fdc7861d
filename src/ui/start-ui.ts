import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, messageOf } from '../model/errors.js';
import type { SaveArchive } from '../store/actions.js';
import { configPath, keepPreferences } from '../store/preferences.js';
import { guardEngine } from '../store/read-only-engine.js';
import { createWorkspace, type Workspace, type WorkspaceEngine } from '../store/workspace.js';
import { openText } from './commands/questions.js';
import type { ContextSwitch, EngineSwitch } from './engine-switch.js';
import { readKeyFile } from './key-file.js';
import { KEYMAP } from './keymap.js';
import { readOwnCommands } from './own-command-file.js';
import { type ScreenOptions, showScreen } from './show-screen.js';
import { loadTheme } from './themes.js';

export interface UiOptions extends Omit<ScreenOptions, 'contexts' | 'onPaint'> {
  /** Absent: nothing can be extracted. */
  readonly saveArchive?: SaveArchive;
  /** Nothing that changes the host is done. */
  readonly isReadOnly?: boolean;
  /** Absent: there is no other engine to go to. */
  readonly engines?: EngineSwitch;
}

/**
 * Shows an engine on a terminal until the user quits, or another one where the user goes to it; containers run on, pulls and what else is
 * under way is cancelled. The terminal is as before afterwards, also when a signal, a closed terminal or a failure ended it. Rejects as
 * the engine does where it cannot be read at all.
 */
export async function startUi(engine: WorkspaceEngine, options: UiOptions): Promise<void> {
  // Before anything is opened: it is refused by its name.
  if (options.theme !== undefined) checkTheme(options.theme, options.env);
  const first = prepare(engine, options, undefined);
  const files = readFiles(first.workspace, options.env);
  const left: Promise<void>[] = [];
  for (let shown: Shown | undefined = first; shown !== undefined; ) {
    const next: Shown | undefined = await showUntilLeft(shown, { ...options, ...files });
    if (next !== undefined) left.push(options.engines?.close(shown.engine) ?? Promise.resolve());
    shown = next;
  }
  await Promise.allSettled(left);
}

/** How long an empty screen waits for the first list. */
const FIRST_LIST_MS = 100;

/** An engine with what the screen reads of it. */
interface Shown {
  readonly engine: WorkspaceEngine;
  readonly workspace: Workspace;
  /** Ends what follows the engine. */
  readonly stop: AbortController;
  /** The context by which the user went to it. */
  readonly context: string | undefined;
  onPaint(): void;
}

function prepare(engine: WorkspaceEngine, options: UiOptions, context: string | undefined): Shown {
  const stop = new AbortController();
  const isReadOnly = options.isReadOnly === true;
  const used = isReadOnly ? guardEngine(engine) : engine;
  const painted = Promise.withResolvers<void>();
  const { saveArchive } = options;
  const workspace = createWorkspace(used, stop.signal, options.now, {
    firstPaint: painted.promise,
    ...(saveArchive && { saveArchive }),
  });
  workspace.view.setState({ isReadOnly, context });
  const onPaint = () => {
    if (workspace.containers.getState().isLoaded) painted.resolve();
  };
  return { engine, workspace, stop, context, onPaint };
}

/** Resolves with the engine that the user has gone to; undefined: the screen was left. */
async function showUntilLeft(shown: Shown, options: UiOptions): Promise<Shown | undefined> {
  const { workspace, stop, onPaint } = shown;
  const path = configPath(options.env, 'screen.json');
  const preferences = path === undefined ? undefined : keepPreferences(path, workspace);
  let next: Shown | undefined;
  const contexts =
    options.engines &&
    createContextSwitch(shown, options, options.engines, (opened) => {
      next = opened;
      stop.abort();
    });
  const quit = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  let screen: Promise<void> | undefined;
  try {
    // A list that is there soon is in the first frame: what is painted without it would be painted twice.
    await Promise.race([workspace.sync.listed, delay(FIRST_LIST_MS, undefined, { ref: false })]);
    screen = showScreen(workspace, { ...options, ...(contexts && { contexts }), signal: quit, onPaint });
    await Promise.race([screen, workspace.sync.ready.then(() => screen)]);
  } finally {
    stop.abort();
    await screen;
    await Promise.all([workspace.transfers.settled(), preferences?.close()]);
  }
  return next;
}

/** Opens the engine of a context and reads it before it takes the place of the shown one, which stays where that fails. */
function createContextSwitch(
  { workspace: { view }, stop, context: own }: Shown,
  options: UiOptions,
  engines: EngineSwitch,
  goTo: (opened: Shown) => void,
): ContextSwitch {
  let isOpening = false;
  return {
    readContexts: async () => {
      const { contexts, current } = await engines.readContexts();
      return { contexts, current: own ?? current };
    },
    show: async (context) => {
      if (isOpening) {
        view.say('info', 'another engine is being opened already');
        return;
      }
      isOpening = true;
      view.say('busy', `opening the engine of ${context}`);
      try {
        const opened = await openShown(context, options, engines);
        if (stop.signal.aborted) await closeShown(opened, engines);
        else goTo(opened);
      } catch (error) {
        view.say('error', `${context}: ${messageOf(error)}`);
      } finally {
        isOpening = false;
      }
    },
  };
}

async function openShown(context: string, options: UiOptions, engines: EngineSwitch): Promise<Shown> {
  const opened = prepare(await engines.open(context), options, context);
  try {
    await opened.workspace.sync.listed;
    return opened;
  } catch (error) {
    await closeShown(opened, engines);
    throw error;
  }
}

async function closeShown({ stop, engine }: Shown, engines: EngineSwitch): Promise<void> {
  stop.abort();
  await engines.close(engine);
}

function checkTheme(name: string, env: ScreenOptions['env']): void {
  try {
    loadTheme(name, env);
  } catch (error) {
    throw new EngineError('invalid-argument', messageOf(error));
  }
}

/** What of a user's files the screen works with; a file that cannot be used is told on the screen, which is as without it then. */
function readFiles(
  workspace: Workspace,
  env: ScreenOptions['env'],
): Required<Pick<ScreenOptions, 'bindings' | 'ownCommands'>> {
  const problems: string[] = [];
  const readFile = <T>(name: string, read: (path: string) => T, instead: T): T => {
    const path = configPath(env, name);
    if (path === undefined) return instead;
    try {
      return read(path);
    } catch (error) {
      problems.push(`${path} is not used: ${messageOf(error)}`);
      return instead;
    }
  };
  const bindings = readFile('keys.json', (path) => readKeyFile(path, KEYMAP), KEYMAP);
  const ownCommands = readFile('commands.json', readOwnCommands, []);
  if (problems.length > 0) openText(workspace, 'What is wrong in your files', problems);
  return { bindings, ownCommands };
}
