import type { ConfirmDialog, MenuItem } from '../../store/dialog.js';
import type { Workspace } from '../../store/workspace.js';

export function openConfirm({ view }: Workspace, question: Omit<ConfirmDialog, 'kind'>): void {
  view.setState({ dialog: { kind: 'confirm', ...question } });
}

export function openMenu({ view }: Workspace, title: string, items: readonly MenuItem[], index = 0): void {
  view.setState({ dialog: { kind: 'menu', title, items, index } });
}

/** Shows a text until it is closed. */
export function openText({ view }: Workspace, title: string, lines: readonly string[]): void {
  view.setState({ dialog: { kind: 'text-view', title, lines, top: 0 } });
}

/** `web, db and 3 more`. */
export function nameSome(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most).join(', ');
  const rest = names.length - most;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
