import type { ConfirmDialog, Dialog, MenuDialog, TextDialog } from '../../store/dialog.js';
import type { Workspace } from '../../store/workspace.js';
import type { Command } from '../command.js';
import type { CommandContext } from '../commands/command-context.js';
import { runChosen } from '../commands/run-command.js';
import { editTextField } from '../text-field.js';
import { isScrollKey, scroll, scrollTop } from './choice-list.js';
import { handleColumnsKey } from './columns-dialog.js';
import { handleEventsKey } from './events-dialog.js';
import { handleFormKey } from './form-keys.js';
import { paletteRows } from './help-rows.js';
import { handleRunKey } from './run-form-keys.js';
import { handleTransferKey, handleTransferListKey } from './transfer-keys.js';

/** What a key of the table, or one that is typed, does to the dialog that is open. */
export function handleDialogKey(context: CommandContext, dialog: Dialog, key: string): void {
  const { workspace } = context;
  if (key === 'esc') {
    close(workspace);
    return;
  }
  switch (dialog.kind) {
    case 'confirm':
      handleQuestionKey(context, dialog, key);
      break;
    case 'menu':
      handleMenuKey(workspace, dialog, key);
      break;
    case 'text':
      handleTextKey(workspace, dialog, key);
      break;
    case 'text-view':
      handleReadKey(context, dialog, key);
      break;
    case 'help':
      handleHelpKey(context, dialog, key);
      break;
    case 'palette':
      handlePaletteKey(context, dialog, key);
      break;
    case 'commands':
      if (isKeyOf(context, key, 'command-log')) close(workspace);
      else handleReadKey(context, dialog, key);
      break;
    case 'events':
      handleEventsKey(context, dialog, key);
      break;
    case 'run':
      handleRunKey(workspace, dialog.form, key);
      break;
    case 'form':
      handleFormKey(workspace, dialog, key);
      break;
    case 'columns':
      if (isKeyOf(context, key, 'columns')) close(workspace);
      else handleColumnsKey(workspace, dialog, key);
      break;
    case 'transfer':
      handleTransferKey(context, dialog, key);
      break;
    case 'transfers':
      handleTransferListKey(workspace, dialog, key);
      break;
  }
}

function handleQuestionKey(context: CommandContext, dialog: ConfirmDialog, key: string): void {
  if (key === 'enter' || key === 'y') {
    close(context.workspace);
    dialog.confirm();
  } else if (key === 'n' || key === 'q') close(context.workspace);
  else setTop(context, dialog, key);
}

/** Of what is only read. */
function handleReadKey(
  context: CommandContext,
  dialog: Extract<Dialog, { readonly kind: 'text-view' | 'commands' }>,
  key: string,
): void {
  if (key === 'enter' || key === 'q') close(context.workspace);
  else setTop(context, dialog, key);
}

/** The key that opens a dialog closes it too. */
function isKeyOf({ bindings }: CommandContext, key: string, command: Command): boolean {
  return bindings.some((binding) => binding.command === command && binding.keys.includes(key));
}

function close({ view }: Workspace): void {
  view.setState({ dialog: undefined });
}

function handleMenuKey(workspace: Workspace, dialog: MenuDialog, key: string): void {
  if (key === 'enter') {
    close(workspace);
    dialog.items[dialog.index]?.choose();
  } else if (key === 'q') {
    close(workspace);
  } else {
    const index = scroll(dialog.index, key, dialog.items.length - 1);
    workspace.view.setState({ dialog: { ...dialog, index } });
  }
}

function handleTextKey(workspace: Workspace, dialog: TextDialog, key: string): void {
  if (key === 'enter') {
    if (dialog.text.trim() === '') return;
    close(workspace);
    dialog.submit(dialog.text.trim());
  } else {
    const edited = editTextField(dialog, key);
    if (edited !== undefined) workspace.view.setState({ dialog: { ...dialog, ...edited } });
  }
}

/** Scrolls a dialog that is a text. */
function setTop(
  { workspace, dialogScroll }: CommandContext,
  dialog: Extract<Dialog, { readonly kind: 'confirm' | 'text-view' | 'help' | 'commands' }>,
  key: string,
): void {
  const { start, last } = dialogScroll();
  workspace.view.setState({ dialog: { ...dialog, top: scrollTop(dialog.top ?? start, key, last) } });
}

function handleHelpKey(context: CommandContext, dialog: Extract<Dialog, { kind: 'help' }>, key: string): void {
  const { workspace } = context;
  if (key === 'enter' || (dialog.query === '' && isKeyOf(context, key, 'help'))) close(workspace);
  else if (isNamedScrollKey(key)) setTop(context, dialog, key);
  else {
    const edited = editTextField({ text: dialog.query, cursor: dialog.query.length }, key);
    if (edited !== undefined) workspace.view.setState({ dialog: { ...dialog, query: edited.text, top: 0 } });
  }
}

function handlePaletteKey(context: CommandContext, dialog: Extract<Dialog, { kind: 'palette' }>, key: string): void {
  const { workspace } = context;
  const rows = paletteRows(dialog.query, context.bindings, workspace.recents.getState().commands);
  if (key === 'enter') {
    close(workspace);
    const chosen = rows[dialog.index];
    if (chosen !== undefined) runChosen(context, chosen.command);
  } else if (isNamedScrollKey(key)) {
    workspace.view.setState({ dialog: { ...dialog, index: scroll(dialog.index, key, rows.length - 1) } });
  } else {
    const edited = editTextField({ text: dialog.query, cursor: dialog.query.length }, key);
    if (edited !== undefined) workspace.view.setState({ dialog: { ...dialog, query: edited.text, index: 0 } });
  }
}

/** Where letters are typed too. */
const isNamedScrollKey = (key: string) => key.length > 1 && isScrollKey(key);
