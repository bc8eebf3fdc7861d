import { Text } from 'ink';
import { type ComponentType, type PropsWithChildren, useMemo } from 'react';
import { useStore } from 'zustand';
import type { HistoryEntry } from '../../model/image.js';
import { type Row, Table } from '../components/table.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import type { Rect } from '../terminal/rect.js';
import { Overlay } from '../terminal/surface.js';
import type { Token } from '../terminal/theme.js';

interface LayersTableProps {
  readonly context: PaintContext;
  /** The inside of the details' pane. */
  readonly rect: Rect;
}

/** Lines of the layers tab that the table of the image's history takes; 0 where there is no room for it. */
export function layersTableHeight(width: number, height: number, entries: number): number {
  const rows = Math.min(entries, Math.floor((height * 0.6 - 3) / 2));
  return width < 50 || rows < 1 ? 0 : rows * 2 + 3;
}

/** The history of the selected container's image as a table, at the foot of the layers tab. */
export function LayersTable({ context, rect }: LayersTableProps) {
  const { details, view } = context.workspace;
  const isShown = useStore(view, (state) => state.tab === 'layers' && state.list === 'containers');
  const layers = useStore(details, (state) => state.layers);
  const header = useStyledText(context, 'title');
  const skeleton = useStyledText(context, 'border');
  if (!isShown || layers?.status !== 'ready') return null;
  const { history } = layers.value;
  const height = layersTableHeight(rect.width, rect.height, history.length);
  if (height === 0) return null;
  const rows = history.slice(0, (height - 3) / 2).map((entry) => toRow(context, entry, rect.width));
  return (
    <Overlay rect={{ ...rect, y: rect.y + rect.height - height, height }}>
      <Table data={rows} header={header} skeleton={skeleton} />
    </Overlay>
  );
}

/** One component as long as the theme is the same: another one would be mounted anew. */
function useStyledText({ theme }: PaintContext, token: Token): ComponentType<PropsWithChildren> {
  return useMemo(
    () =>
      ({ children }: PropsWithChildren) => <Text>{theme.style(token, String(children))}</Text>,
    [theme, token],
  );
}

/** ink-table makes a column as wide as its widest text: all of a kind have one width, so that it fills the pane. */
function toRow({ now, glyphs }: PaintContext, entry: HistoryEntry, width: number): Row {
  const made = fitText(sanitizeText(entry.createdBy), width - 20, 'left', glyphs.ellipsis);
  return {
    size: formatBytes(entry.sizeBytes).padStart(6),
    // As docker history has it where the image does not say.
    age: (entry.createdAtMs === 0 ? 'N/A' : formatAge(now() - entry.createdAtMs)).padStart(4),
    'made by': made,
  };
}
