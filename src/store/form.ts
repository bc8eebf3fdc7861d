import { extendText } from './completion.js';
import type { FormDialog, FormField } from './dialog.js';

interface FieldOptions {
  readonly label: string;
  readonly hint?: string;
  readonly text?: string;
  readonly isSecret?: boolean;
  complete?(text: string): readonly string[];
}

export function makeField({ hint = '', text = '', ...options }: FieldOptions): FormField {
  return { ...options, hint, text, cursor: [...text].length };
}

/** A field that is on or off, and off at first. */
export function makeSwitch({ label, hint }: Pick<FormField, 'label' | 'hint'>): FormField {
  return { label, hint, text: '', cursor: 0, isSwitch: true };
}

/** A form with its cursor in the first field that is empty. */
export function makeForm(form: Omit<FormDialog, 'kind' | 'index' | 'error'>): FormDialog {
  const empty = form.fields.findIndex(({ text }) => text === '');
  return { kind: 'form', index: Math.max(0, empty), error: undefined, ...form };
}

export function typeInForm(form: FormDialog, typed: { readonly text: string; readonly cursor: number }): FormDialog {
  const fields = form.fields.map((field, i) => (i === form.index ? { ...field, ...typed } : field));
  return { ...form, fields, error: undefined };
}

export function stepFormField(form: FormDialog, step: 1 | -1): FormDialog {
  return { ...form, index: (form.index + step + form.fields.length) % form.fields.length };
}

/** The field's text after a key that takes a completion over; undefined where it takes none. */
export function takeCompletion(
  { text, cursor }: { readonly text: string; readonly cursor: number },
  complete: () => readonly string[],
  key: string,
): { readonly text: string; readonly cursor: number } | undefined {
  if ((key !== 'tab' && key !== 'right') || cursor < [...text].length) return undefined;
  const taken = key === 'tab' ? extendText(text, complete()) : complete()[0];
  return taken === undefined ? undefined : { text: taken, cursor: [...taken].length };
}
