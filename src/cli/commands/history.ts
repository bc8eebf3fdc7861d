import { toWireHistory, type WireHistoryEntry } from '../../api/wire/image.js';
import { ZERO_TIME_SECONDS } from '../../api/wire/time.js';
import { formatRoughDuration } from '../../model/durations.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { RunCommand } from '../command-spec.js';
import { formatLocalTime } from '../format/go-time.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { shorten, shortId } from '../rows/shorten.js';

const HISTORY_LIST: ListShape = {
  titles: {
    ID: 'IMAGE',
    CreatedSince: 'CREATED',
    CreatedAt: 'CREATED AT',
    CreatedBy: 'CREATED BY',
    Size: 'SIZE',
    Comment: 'COMMENT',
  },
  columns: ['ID', 'CreatedSince', 'CreatedBy', 'Size', 'Comment'],
  typeName: '*history.historyContext',
};

interface RowOptions {
  readonly nowMs: number;
  readonly truncate: boolean;
  readonly human: boolean;
}

export const history: RunCommand = async ({ cli, flags, args }) => {
  const ref = args[0] ?? '';
  const engine = await cli.engine();
  const image = await engine.images.inspect(ref);
  const entries = toWireHistory(image, await engine.images.history(image.id));
  const options = { nowMs: cli.nowMs(), truncate: !flags.isSet('no-trunc'), human: flags.isOn('human') };
  const rows = entries.map((entry) => toRow(entry, options));
  const isQuiet = flags.isSet('quiet') && !flags.has('format');
  await cli.print(renderList(HISTORY_LIST, rows, isQuiet ? '{{.ID}}' : flags.text('format')));
  return 0;
};

function toRow(entry: WireHistoryEntry, { nowMs, truncate, human }: RowOptions): ListRow {
  const createdAtMs = entry.Created * 1000;
  const isDated = entry.Created > ZERO_TIME_SECONDS;
  const createdAt = isDated ? formatLocalTime(createdAtMs) : '';
  const since = isDated ? `${formatRoughDuration(Math.max(0, nowMs - createdAtMs))} ago` : 'N/A';
  const createdBy = entry.CreatedBy.replaceAll('\t', ' ');
  return {
    ID: truncate && entry.Id !== '<missing>' ? shortId(entry.Id) : entry.Id,
    CreatedSince: human ? since : createdAt,
    CreatedAt: createdAt,
    CreatedBy: truncate ? shorten(createdBy, 45) : createdBy,
    Size: human ? formatDecimalBytes(entry.Size) : String(entry.Size),
    Comment: entry.Comment,
  };
}
