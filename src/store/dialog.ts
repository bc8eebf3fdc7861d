import type { RunForm } from './run-form.js';

/** What stands above the screen and takes all keys. */
export type Dialog =
  | ConfirmDialog
  | MenuDialog
  | TextDialog
  | { readonly kind: 'help'; readonly query: string; readonly top: number }
  | { readonly kind: 'palette'; readonly query: string; readonly index: number }
  | { readonly kind: 'commands'; readonly top: number }
  | { readonly kind: 'run'; readonly form: RunForm };

/** Asked before anything that destroys; the question names the thing, the lines what goes with it. */
export interface ConfirmDialog {
  readonly kind: 'confirm';
  readonly question: string;
  readonly lines: readonly string[];
  /** The word on the button, such as `remove`. */
  readonly verb: string;
  confirm(): void;
}

/** Asks for one line of text. */
export interface TextDialog {
  readonly kind: 'text';
  readonly title: string;
  readonly text: string;
  readonly cursor: number;
  readonly hint: string;
  /** The word on the button, such as `extract`. */
  readonly verb: string;
  submit(text: string): void;
}

export interface MenuDialog {
  readonly kind: 'menu';
  readonly title: string;
  readonly items: readonly MenuItem[];
  readonly index: number;
}

export interface MenuItem {
  readonly label: string;
  readonly hint?: string;
  choose(): void;
}
