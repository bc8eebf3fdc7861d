import type { Dialog } from '../../store/dialog.js';
import { isAtRest } from '../../store/transfers/transfer-progress.js';
import type { Transfer } from '../../store/transfers/transfers-store.js';
import type { PaintContext } from '../paint-context.js';
import { fillParagraph } from '../rows/text-lines.js';
import { drawBar, layerRow, shareOf, statusText, totalsText } from '../rows/transfer-text.js';
import { clipText, fitText, sanitizeText, textWidth } from '../terminal/ansi-text.js';
import { choiceLine, windowTop } from './choice-list.js';
import { escapeItem, joinItems, keyItem } from './key-items.js';

const VERBS = { pull: 'Pull', push: 'Push', save: 'Save to', load: 'Load' } as const;

/** The layers of one transfer with its sum, its outcome, and the keys that act on it. */
export function transferContent(
  context: PaintContext,
  dialog: Extract<Dialog, { kind: 'transfer' }>,
  width: number,
  room: number,
): { readonly title: string; readonly lines: readonly string[] } {
  const transfer = context.workspace.transfers.find(dialog.id);
  if (transfer === undefined) return { title: 'Transfer', lines: ['it is gone from the list'] };
  const { theme } = context;
  const token = transfer.status === 'failed' ? 'error' : 'text';
  const outcome = transfer.outcome
    .flatMap((line) => fillParagraph(sanitizeText(line), width))
    .map((line) => theme.style(token, clipText(line, 0, Math.min(width, textWidth(line)))));
  const head = [headLine(context, transfer, width), ''];
  const foot = ['', ...outcome.slice(0, Math.max(1, room - 4)), keysLine(context, transfer)];
  const layers = layerLines(context, transfer, { top: dialog.top, width, room: room - head.length - foot.length });
  return {
    title: `${VERBS[transfer.request.kind]} ${sanitizeText(transfer.request.name)}`,
    // The dialog does not change its width while numbers do.
    lines: [...head, ...layers, ...foot.slice(layers.length === 0 ? 1 : 0)].map((line) => fitText(line, width)),
  };
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

/** A window over the layers: where the user scrolled to, else from the first that is still at work. */
function layerLines(
  context: PaintContext,
  { layers }: Transfer,
  window: { readonly top: number | undefined; readonly width: number; readonly room: number },
): readonly string[] {
  const { top, width, room } = window;
  if (room <= 0) return [];
  const working = layers.findIndex((layer) => !isAtRest(layer.phase));
  const from = Math.max(0, Math.min(top ?? (working < 0 ? layers.length : working), layers.length - room));
  return layers.slice(from, from + room).map((layer) => layerRow(context, layer, width));
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
