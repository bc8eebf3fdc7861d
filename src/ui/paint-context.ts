import type { Workspace } from '../store/workspace.js';
import type { Binding } from './keymap.js';
import type { SessionsStore } from './sessions/sessions-store.js';
import type { Glyphs } from './terminal/glyphs.js';
import type { Theme } from './terminal/theme.js';

/** What every painter needs: what to show, and how it looks. */
export interface PaintContext {
  readonly workspace: Workspace;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  /** The keys, those of the user's among them. */
  readonly bindings: readonly Binding[];
  readonly sessions: SessionsStore;
  /** ms since 1970. */
  now(): number;
}
