import type { Dialog } from '../../store/dialog.js';
import { isAtRest } from '../../store/transfers/transfer-progress.js';
import type { Transfer } from '../../store/transfers/transfers-store.js';
import type { PaintContext } from '../paint-context.js';
import { fillParagraph } from '../rows/text-lines.js';
import { drawBar, layerRow, shareOf, statusText, totalsText } from '../rows/transfer-text.js';
import { fitText, sanitizeText, textWidth } from '../terminal/ansi-text.js';
import { choiceLine, windowTop } from './choice-list.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';

const VERBS = { pull: 'Pull', push: 'Push', save: 'Save to', load: 'Load' } as const;

type TransferDialog = Extract<Dialog, { kind: 'transfer' }>;

/** What stands above and below the layers of a transfer: its name, its sum, the keys that act on it. */
export function transferFrame(
  context: PaintContext,
  dialog: TransferDialog,
  width: number,
): { readonly title: string; readonly head: string; readonly foot: string } {
  const transfer = context.workspace.transfers.find(dialog.id);
  if (transfer === undefined) return { title: 'Transfer', head: 'it is gone from the list', foot: '' };
  return {
    title: `${VERBS[transfer.request.kind]} ${sanitizeText(transfer.request.name)}`,
    head: headLine(context, transfer, width),
    foot: keysLine(context, transfer),
  };
}

/** The layers of a transfer and below them its outcome; before it is scrolled from the first layer that is still at work, or what it ended with. */
export function transferText(
  context: PaintContext,
  dialog: TransferDialog,
  width: number,
  room: number,
): { readonly rows: readonly string[]; readonly room: number; readonly start: number } {
  const transfer = context.workspace.transfers.find(dialog.id);
  const shown = Math.max(1, room - 4);
  if (transfer === undefined) return { rows: [], room: shown, start: 0 };
  const { layers, status, outcome } = transfer;
  const token = status === 'failed' ? 'error' : 'text';
  const said = outcome
    .flatMap((line) => fillParagraph(sanitizeText(line), width))
    .map((line) => context.theme.style(token, line));
  const gap = layers.length > 0 && said.length > 0 ? [''] : [];
  const rows = [...layers.map((layer) => layerRow(context, layer, width)), ...gap, ...said];
  const working = layers.findIndex((layer) => !isAtRest(layer.phase));
  const atWork = Math.max(0, Math.min(working < 0 ? layers.length : working, rows.length - shown));
  // Of a long outcome the first line.
  return { rows, room: shown, start: said.length > shown ? rows.length - said.length : atWork };
}

/** All transfers of this screen, the newest first. */
export function transferListLines(
  context: PaintContext,
  index: number,
  width: number,
  room: number,
): readonly string[] {
  const { theme, glyphs } = context;
  const transfers = [...context.workspace.transfers.getState().transfers].reverse();
  if (transfers.length === 0) {
    return [theme.style('muted', 'nothing has been pulled, pushed, written or loaded from here yet')];
  }
  const listed = Math.max(1, room - 2);
  const top = windowTop(index, listed, transfers.length);
  const rows = transfers.slice(top, top + listed).map((transfer, i) => {
    const text =
      `${fitText(transfer.request.kind, 4)} ${fitText(sanitizeText(transfer.request.name), Math.max(8, Math.min(32, width - 36)), 'left', glyphs.ellipsis)} ` +
      `${fitText(statusText(context, transfer), 11)} ${totalsText(transfer)}`;
    return choiceLine(context, fitText(text, width - 2, 'left', glyphs.ellipsis), top + i === index);
  });
  const keys = [keyItem(context, 'menu-choose', 'open'), keyItem(context, 'transfer-cancel', 'cancel')];
  return [...rows, '', joinItems([...keys, escapeItem(context, 'leave')])];
}

function headLine(context: PaintContext, transfer: Transfer, width: number): string {
  const status = statusText(context, transfer);
  const totals = totalsText(transfer);
  const room = width - textWidth(status) - textWidth(totals) - 4;
  const share = shareOf(transfer.totals);
  const bar =
    transfer.status === 'running' && room >= 8 && !Number.isNaN(share)
      ? `  ${drawBar(context, share, Math.min(24, room))}`
      : '';
  return `${status}${bar}  ${totals}`;
}

function keysLine(context: PaintContext, { status, login }: Transfer): string {
  if (status === 'running')
    return joinItems([escapeItem(context, 'goes on behind'), keyItem(context, 'transfer-cancel', 'cancel')]);
  return joinItems([
    escapeItem(context, 'leave'),
    status === 'done' ? '' : keyItem(context, 'transfer-again', 'again'),
    login === 'no' ? '' : keyItem(context, 'transfer-login', 'log in'),
  ]);
}
