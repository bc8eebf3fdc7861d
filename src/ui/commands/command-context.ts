import type { TextPane } from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import type { ContextSwitch } from '../engine-switch.js';
import type { HostPrograms } from '../host-programs.js';
import type { Binding } from '../keymap.js';
import type { OwnCommand } from '../own-command-file.js';
import type { SessionsStore } from '../sessions/sessions-store.js';

/** The lines of a text and the cells that they are shown in. */
export interface TextExtent {
  readonly count: number;
  readonly widest: number;
  readonly width: number;
  readonly height: number;
}

/** What commands need besides the stores: the screen itself. */
export interface CommandContext {
  readonly workspace: Workspace;
  /** The keys, those of the user's among them. */
  readonly bindings: readonly Binding[];
  /** The user's own commands. */
  readonly ownCommands: readonly OwnCommand[];
  readonly programs: HostPrograms;
  /** Undefined: there is no other engine to go to. */
  readonly contexts: ContextSwitch | undefined;
  /** Takes the screen away until what has the terminal has ended. */
  lend(borrow: () => Promise<void>): Promise<void>;
  /** Names of the themes that there are. */
  themes(): readonly string[];
  readonly sessions: SessionsStore;
  quit(): void;
  /** Puts a text on the clipboard of the user's terminal. */
  copy(text: string): void;
  /** How much text a pane has. */
  textExtent(pane: TextPane): TextExtent;
  /** Where the text of the open dialog begins, and the last row that can be its first on screen. */
  dialogScroll(): { readonly start: number; readonly last: number };
  /** What graphs are drawn with now. */
  graphStyle(): 'braille' | 'block' | 'ascii';
  /** Draws everything anew. */
  redraw(): void;
  /** Stops the program as ctrl-z does in a shell. */
  suspend(): void;
  /** Hands the whole screen to a shell in a container until that ends. */
  lendToShell(): Promise<void>;
}

/** What a command needs that names keys to its user. */
export type KeyedContext = Pick<CommandContext, 'workspace' | 'bindings'>;
