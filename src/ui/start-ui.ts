import type { SaveArchive } from '../store/actions.js';
import { createWorkspace, type WorkspaceEngine } from '../store/workspace.js';
import { type ScreenOptions, showScreen } from './show-screen.js';

export interface UiOptions extends ScreenOptions {
  /** Absent: nothing can be extracted. */
  readonly saveArchive?: SaveArchive;
}

/**
 * Shows an engine on a terminal until the user quits; containers run on. The terminal is as before afterwards, also when a signal,
 * a closed terminal or a failure ended it. Rejects as the engine does where it cannot be read at all.
 */
export async function startUi(engine: WorkspaceEngine, options: UiOptions): Promise<void> {
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal, options.now, options.saveArchive);
  const quit = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const shown = showScreen(workspace, { ...options, signal: quit });
  try {
    await Promise.race([shown, workspace.sync.ready.then(() => shown)]);
  } finally {
    stop.abort();
    await shown;
  }
}
