import type { Dialog } from '../../store/dialog.js';
import { type Binding, type DialogContext, findBinding, KEYMAP, keyOf } from '../keymap.js';

/** Which keys of the table a dialog has. */
export function dialogContext({ kind }: Dialog): DialogContext {
  switch (kind) {
    case 'confirm':
      return 'question';
    case 'menu':
    case 'text-view':
    case 'commands':
    case 'columns':
    case 'transfer':
    case 'transfers':
      return 'menu';
    case 'text':
    case 'help':
    case 'palette':
    case 'events':
    case 'run':
    case 'form':
      return 'form';
  }
}

/**
 * The key by which the dialogs know a command, for a key as the user has bound it; any other key as it is, to be typed. Undefined for one
 * that is the table's, and that the user has taken away.
 */
export function toTableKey(dialog: Dialog, key: string, bindings: readonly Binding[]): string | undefined {
  const context = dialogContext(dialog);
  const bound = findBinding([context], key, bindings);
  if (bound !== undefined) return keyOf(KEYMAP, bound.command, context);
  return findBinding([context], key) === undefined ? key : undefined;
}
