import { EngineError, messageOf } from '../model/errors.js';
import type { SaveArchive } from '../store/actions.js';
import { configPath, keepPreferences } from '../store/preferences.js';
import { guardEngine } from '../store/read-only-engine.js';
import { createWorkspace, type Workspace, type WorkspaceEngine } from '../store/workspace.js';
import { openText } from './commands/questions.js';
import { readKeyFile } from './key-file.js';
import { KEYMAP } from './keymap.js';
import { readOwnCommands } from './own-command-file.js';
import { type ScreenOptions, showScreen } from './show-screen.js';
import { loadTheme } from './themes.js';

export interface UiOptions extends ScreenOptions {
  /** Absent: nothing can be extracted. */
  readonly saveArchive?: SaveArchive;
  /** Nothing that changes the host is done. */
  readonly isReadOnly?: boolean;
}

/**
 * Shows an engine on a terminal until the user quits; containers run on, pulls and what else is under way is cancelled. The terminal
 * is as before afterwards, also when a signal, a closed terminal or a failure ended it. Rejects as the engine does where it cannot
 * be read at all.
 */
export async function startUi(engine: WorkspaceEngine, options: UiOptions): Promise<void> {
  // Before anything is opened: it is refused by its name.
  if (options.theme !== undefined) checkTheme(options.theme, options.env);
  const stop = new AbortController();
  const isReadOnly = options.isReadOnly === true;
  const used = isReadOnly ? guardEngine(engine) : engine;
  const workspace = createWorkspace(used, stop.signal, options.now, options.saveArchive);
  workspace.view.setState({ isReadOnly });
  const path = configPath(options.env, 'screen.json');
  const preferences = path === undefined ? undefined : await keepPreferences(path, workspace);
  const quit = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const shown = showScreen(workspace, { ...options, ...readFiles(workspace, options.env), signal: quit });
  try {
    await Promise.race([shown, workspace.sync.ready.then(() => shown)]);
  } finally {
    stop.abort();
    await shown;
    await Promise.all([workspace.transfers.settled(), preferences?.close()]);
  }
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
