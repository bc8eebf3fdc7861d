import type { Dialog } from '../../store/dialog.js';
import type { Workspace } from '../../store/workspace.js';
import type { CommandContext } from '../commands/command-context.js';
import { openLogin } from '../commands/transfer-commands.js';
import { isScrollKey, scroll, scrollTop } from './choice-list.js';

/** What a key does to the view of one transfer. */
export function handleTransferKey(
  context: CommandContext,
  dialog: Extract<Dialog, { kind: 'transfer' }>,
  key: string,
): void {
  const { workspace, dialogScroll } = context;
  const { view, transfers } = workspace;
  const transfer = transfers.find(dialog.id);
  if (transfer === undefined || key === 'q' || key === 'enter') view.setState({ dialog: undefined });
  else if (key === 'x') transfers.cancel(transfer.id);
  else if (key === 'r' && transfer.status !== 'running') transfers.retry(transfer.id);
  else if (key === 'l' && transfer.login !== 'no') openLogin(workspace, transfer);
  else if (isScrollKey(key)) {
    const { start, last } = dialogScroll();
    const top = scrollTop(dialog.top ?? start, key, last);
    view.setState({ dialog: { ...dialog, top } });
  }
}

/** What a key does to the list of transfers, the newest of which is the first. */
export function handleTransferListKey(
  { view, transfers }: Workspace,
  dialog: Extract<Dialog, { kind: 'transfers' }>,
  key: string,
): void {
  const all = [...transfers.getState().transfers].reverse();
  const chosen = all[dialog.index];
  if (key === 'q' || (key === 'enter' && chosen === undefined)) view.setState({ dialog: undefined });
  else if (key === 'enter' && chosen !== undefined) {
    view.setState({ dialog: { kind: 'transfer', id: chosen.id, top: undefined } });
  } else if (key === 'x' && chosen !== undefined) transfers.cancel(chosen.id);
  else if (isScrollKey(key)) {
    view.setState({ dialog: { ...dialog, index: scroll(dialog.index, key, all.length - 1) } });
  }
}
