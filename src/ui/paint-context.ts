import type { Workspace } from '../store/workspace.js';
import type { Glyphs } from './terminal/glyphs.js';
import type { Theme } from './terminal/theme.js';

/** What every painter needs: what to show, and how it looks. */
export interface PaintContext {
  readonly workspace: Workspace;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  /** ms since 1970. */
  now(): number;
}
