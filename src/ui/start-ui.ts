import { EngineError, messageOf } from '../model/errors.js';
import type { SaveArchive } from '../store/actions.js';
import { configPath, keepPreferences } from '../store/preferences.js';
import { guardEngine } from '../store/read-only-engine.js';
import { createWorkspace, type Workspace, type WorkspaceEngine } from '../store/workspace.js';
import { openText } from './commands/questions.js';
import { readKeyFile } from './key-file.js';
import { type Binding, KEYMAP } from './keymap.js';
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
  const shown = showScreen(workspace, { ...options, bindings: readBindings(workspace, options.env), signal: quit });
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

/** The keys with the user's own; a file that cannot be used is told on the screen, which then has its default keys. */
function readBindings(workspace: Workspace, env: ScreenOptions['env']): readonly Binding[] {
  const path = configPath(env, 'keys.json');
  if (path === undefined) return KEYMAP;
  try {
    return readKeyFile(path, KEYMAP);
  } catch (error) {
    openText(workspace, 'Your keys are not used', [`${path}: ${messageOf(error)}`]);
    return KEYMAP;
  }
}
