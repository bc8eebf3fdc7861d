import type { EngineEvent } from '../model/events.js';
import type { RunForm } from './run-form.js';

/** What stands above the screen and takes all keys. */
export type Dialog =
  | ConfirmDialog
  | MenuDialog
  | TextDialog
  | { readonly kind: 'help'; readonly query: string; readonly top: number }
  | { readonly kind: 'palette'; readonly query: string; readonly index: number }
  /** `top` is the first row that is shown, undefined: the end is. */
  | { readonly kind: 'commands'; readonly top: number | undefined }
  | EventsDialog
  | { readonly kind: 'run'; readonly form: RunForm }
  | FormDialog
  | TextViewDialog
  | ColumnsDialog
  /** The layers of one transfer; `top` is the first that is shown, undefined: where it is at work. */
  | { readonly kind: 'transfer'; readonly id: number; readonly top: number | undefined }
  | { readonly kind: 'transfers'; readonly index: number };

/** What has happened, and one of it in full. */
export interface EventsDialog {
  readonly kind: 'events';
  readonly query: string;
  /** Undefined: the newest one. */
  readonly selected: EngineEvent | undefined;
  readonly isOpen: boolean;
  /** First row that is shown of the one in full. */
  readonly top: number;
}

/** A few fields to be filled in. */
export interface FormDialog {
  readonly kind: 'form';
  readonly title: string;
  readonly lines: readonly string[];
  readonly fields: readonly FormField[];
  /** The field that has the cursor. */
  readonly index: number;
  /** The word on the button. */
  readonly verb: string;
  readonly error: string | undefined;
  /** It has been submitted, and nothing is known yet. */
  readonly isWaiting?: boolean;
  /** Gives what is wrong with the values, in the fields' order; undefined: it is done, and the form is closed. */
  submit(values: readonly string[]): Promise<string | undefined>;
}

export interface FormField {
  readonly label: string;
  readonly hint: string;
  readonly text: string;
  readonly cursor: number;
  /** Not shown. */
  readonly isSecret?: boolean;
  /** On or off: its text is `on` or empty. */
  readonly isSwitch?: boolean;
  /** Whole texts that what was typed may become, the likeliest first. */
  complete?(text: string): readonly string[];
}

/** Which columns a list has. */
export interface ColumnsDialog {
  readonly kind: 'columns';
  readonly list: 'containers' | 'images' | 'volumes' | 'networks';
  readonly index: number;
}

/** Asked before anything that destroys; the question names the thing, the lines what goes with it. */
export interface ConfirmDialog {
  readonly kind: 'confirm';
  readonly question: string;
  readonly lines: readonly string[];
  /** The word on the button, such as `remove`. */
  readonly verb: string;
  /** First of its rows that is shown. */
  readonly top?: number;
  confirm(): void;
}

/** A text that is read, and scrolled where it is long. */
export interface TextViewDialog {
  readonly kind: 'text-view';
  readonly title: string;
  readonly lines: readonly string[];
  /** First line that is shown. */
  readonly top: number;
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
