import { isAtRest, type TransferLayer } from '../../store/transfers/transfer-progress.js';
import type { Transfer } from '../../store/transfers/transfers-store.js';
import type { PaintContext } from '../paint-context.js';
import { fitText } from '../terminal/ansi-text.js';
import { formatBytes, formatRate, formatShare } from './format.js';

/** A layer's phase in Docker's words. */
const PHASES: Readonly<Record<TransferLayer['phase'], string>> = {
  pending: 'Pulling fs layer',
  preparing: 'Preparing',
  waiting: 'Waiting',
  downloading: 'Downloading',
  retrying: 'Retrying in',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  complete: 'Pull complete',
  exists: 'Already exists',
  pushing: 'Pushing',
  pushed: 'Pushed',
  mounted: 'Mounted from',
};

const ID_WIDTH = 12;
const PHASE_WIDTH = 18;
const BYTES_WIDTH = 11;

/** One layer as a row: what it is, where it stands, and a bar while bytes move. */
export function layerRow(context: PaintContext, layer: TransferLayer, width: number): string {
  const { theme, glyphs } = context;
  const id = layer.digest.replace(/^sha256:/, '').slice(0, ID_WIDTH);
  const token = isAtRest(layer.phase) ? 'muted' : layer.phase === 'retrying' ? 'warning' : 'text';
  const { phase } = layer;
  const words = layer.note === undefined ? PHASES[phase] : `${PHASES[phase]} ${layer.note}`;
  if (layer.doneBytes === 0 && layer.totalBytes === undefined) {
    return `${theme.style('muted', id)} ${theme.style(token, fitText(words, width - ID_WIDTH - 1, 'left', glyphs.ellipsis))}`;
  }
  const bytes = countText(layer.doneBytes, layer.totalBytes);
  const room = width - ID_WIDTH - PHASE_WIDTH - BYTES_WIDTH - 3;
  const bar = room < 6 ? '' : `${drawBar(context, layer.doneBytes / (layer.totalBytes ?? Number.NaN), room)} `;
  return `${theme.style('muted', id)} ${theme.style(token, fitText(words, PHASE_WIDTH))} ${bar}${fitText(bytes, BYTES_WIDTH, 'right')}`;
}

/** All of it in one line: `12M of 45M  27%  3.2M/s  2/7 layers`. */
export function totalsText({ request, totals, status }: Transfer): string {
  const { doneBytes, totalBytes, isWholeKnown, doneLayers, layers, bytesPerSecond } = totals;
  const isSave = request.kind === 'save';
  const of = totalBytes === 0 || status === 'done' ? '' : ` of ${isSave ? 'about ' : ''}${formatBytes(totalBytes)}`;
  const more = isWholeKnown || layers === 0 || status !== 'running' ? '' : '+';
  const isCounted = doneBytes > 0 || totalBytes > 0;
  const parts = [
    isCounted ? `${formatBytes(doneBytes)}${of}${more}` : '',
    isCounted && status === 'running' ? formatShare(shareOf(totals)) : '',
    status === 'running' && bytesPerSecond > 0 ? `${formatRate(bytesPerSecond)}/s` : '',
    layers > 0 ? `${doneLayers}/${layers} layers` : '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** 0..1; NaN where nothing is known. */
export function shareOf({ doneBytes, totalBytes }: Transfer['totals']): number {
  return totalBytes === 0 ? Number.NaN : Math.min(1, doneBytes / totalBytes);
}

/** The status as a sign and a word: never colour alone. */
export function statusText({ theme, glyphs }: PaintContext, { status }: Pick<Transfer, 'status'>): string {
  switch (status) {
    case 'running':
      return theme.style('key', `${glyphs.ellipsis} running`);
    case 'done':
      return theme.style('ok', `${glyphs.check} done`);
    case 'failed':
      return theme.style('error', `${glyphs.cross} failed`);
    case 'cancelled':
      return theme.style('warning', `${glyphs.cross} cancelled`);
  }
}

export function drawBar({ theme, glyphs }: PaintContext, ratio: number, width: number): string {
  const { left, right, filled, empty } = glyphs.slider;
  const inner = width - 2;
  const cells = Number.isNaN(ratio) ? 0 : Math.round(Math.max(0, Math.min(1, ratio)) * inner);
  return (
    theme.style('muted', left) +
    theme.style('memory', filled.repeat(cells)) +
    theme.style('border', empty.repeat(inner - cells)) +
    theme.style('muted', right)
  );
}

function countText(doneBytes: number, totalBytes: number | undefined): string {
  return totalBytes === undefined ? formatBytes(doneBytes) : `${formatBytes(doneBytes)}/${formatBytes(totalBytes)}`;
}
