import { scrollTop, selectedIndex } from '../../store/list-rows.js';
import type { ListState } from '../../store/view-store.js';
import type { PaintContext } from '../paint-context.js';
import { clipText } from '../terminal/ansi-text.js';
import { type Column, joinCells, joinTitles, placeColumns } from './columns.js';

export interface ListView<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly list: ListState;
  readonly isFocused: boolean;
  /** Of the lists on screen, the one whose selection the details show. */
  readonly isCurrent: boolean;
  key(row: Row): string;
  isMarked?(row: Row): boolean;
}

/** The window of a list as rows: titles, and below them as many as fit; only those are composed. */
export function drawList<Row>(context: PaintContext, view: ListView<Row>, width: number, height: number): string[] {
  const { theme, glyphs } = context;
  const hasTitles = height >= 3;
  const room = height - (hasTitles ? 1 : 0);
  const placed = placeColumns(view.columns, width - 1);
  const index = selectedIndex(view.rows.map(view.key), view.list);
  const top = scrollTop(view.list.top, index, room, view.rows.length);
  const lines = view.rows.slice(top, top + room).map((row, i) => {
    const isSelected = view.isCurrent && top + i === index;
    const isMarked = view.isMarked?.(row) === true;
    const lead = isSelected ? glyphs.cursor : isMarked ? theme.style('mark', '+') : ' ';
    const line = clipText((isMarked && isSelected ? '+' : lead) + joinCells(placed, row, glyphs.ellipsis), 0, width);
    if (!isSelected) return line;
    return theme.base(view.isFocused ? 'selection' : 'selectionDim', line);
  });
  return hasTitles ? [theme.style('muted', ` ${joinTitles(placed, glyphs.ellipsis)}`), ...lines] : lines;
}
