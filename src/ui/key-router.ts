import type { Prompt } from '../store/view-store.js';
import type { Workspace } from '../store/workspace.js';
import type { CommandContext } from './commands/command-context.js';
import { findMatch } from './commands/log-commands.js';
import { isListName } from './commands/navigation.js';
import { runCommand } from './commands/run-command.js';
import { openTyping, setTypedLimit } from './commands/tune-commands.js';
import { dialogContext, toTableKey } from './dialogs/dialog-context.js';
import { handleDialogKey } from './dialogs/dialog-keys.js';
import { activeContexts, findBinding, keyOf } from './keymap.js';
import { editTextField } from './text-field.js';

/** Where a key goes: to the dialog, to the line that is typed, or by the key map to a command. */
export function routeKey(context: CommandContext, key: string): void {
  const { dialog, prompt } = context.workspace.view.getState();
  if (key === 'ctrl-c') context.quit();
  else if (dialog === undefined && prompt === undefined) routeToPane(context, key);
  else if (isHeardAbove(context, key))
    runCommand(context, findBinding(['everywhere'], key, context.bindings)?.command ?? 'redraw');
  else if (dialog !== undefined) {
    const known = toTableKey(dialog, key, context.bindings);
    if (known !== undefined) handleDialogKey(context, dialog, known);
  } else if (prompt !== undefined) handlePromptKey(context, prompt, key);
}

function routeToPane(context: CommandContext, key: string): void {
  const { view } = context.workspace;
  const contexts = activeContexts(view.getState());
  const binding = findBinding(contexts, key, context.bindings);
  // In the tuning pane digits are a value, not the number of a pane.
  if (contexts.includes('tune') && /^[0-9.]$/.test(key) && !view.getState().isReadOnly)
    openTyping(context.workspace, key);
  else if (binding !== undefined) runCommand(context, binding.command);
  else if (key.length === 1)
    view.say('info', `${key} means nothing here: ${keyOf(context.bindings, 'help')} shows all keys`);
}

/** What has nothing to do with what is typed works while it is typed too, unless the dialog has another meaning for the key. */
function isHeardAbove({ workspace, bindings }: CommandContext, key: string): boolean {
  const { dialog } = workspace.view.getState();
  if (!key.startsWith('ctrl-')) return false;
  if (dialog !== undefined && findBinding([dialogContext(dialog)], key, bindings) !== undefined) return false;
  const command = findBinding(['everywhere'], key, bindings)?.command;
  return command === 'suspend' || command === 'redraw';
}

function handlePromptKey(context: CommandContext, prompt: Prompt, key: string): void {
  const { workspace } = context;
  const { view } = workspace;
  if (key === 'esc') {
    view.setState({ prompt: undefined });
    applyText(workspace, prompt.kind, prompt.before);
  } else if (key === 'enter') {
    view.setState({ prompt: undefined });
    if (prompt.kind === 'limit') setTypedLimit(workspace, prompt.text);
    if (prompt.kind === 'search' && prompt.text !== '') findMatch(context, -1);
  } else {
    const edited = editTextField(prompt, key);
    if (edited === undefined) return;
    view.setState({ prompt: { ...prompt, ...edited } });
    applyText(workspace, prompt.kind, edited.text);
  }
}

/** Filters and search work while they are typed. */
function applyText({ view, files, logs }: Workspace, kind: Prompt['kind'], text: string): void {
  const { focus, list } = view.getState();
  if (kind === 'filter') view.setList(isListName(focus) ? focus : list, { filter: text, top: 0 });
  if (kind === 'search') view.setLogs({ search: text, match: undefined });
  if (kind === 'files') files.setView({ filter: text });
  if (kind === 'keep' || kind === 'hide') logs.setFilter({ [kind]: text });
}
