import type { Workspace } from '../../store/workspace.js';
import type { Binding } from '../keymap.js';

/** What commands need besides the stores: the screen itself. */
export interface CommandContext {
  readonly workspace: Workspace;
  /** The keys, those of the user's among them. */
  readonly bindings: readonly Binding[];
  /** Names of the themes that there are. */
  themes(): readonly string[];
  quit(): void;
  /** Puts a text on the clipboard of the user's terminal. */
  copy(text: string): void;
  /** Lines of the detail in front that are a text. */
  detailLineCount(): number;
  /** Draws everything anew. */
  redraw(): void;
  /** Stops the program as ctrl-z does in a shell. */
  suspend(): void;
  /** Hands the screen to a session of a container until it ends. */
  openSession(kind: 'shell' | 'attach'): Promise<void>;
}
