import { fitText } from '../terminal/ansi-text.js';

/** One column of a list. */
export interface Column<Row> {
  readonly title: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** Columns with the lowest rank stay longest when the list is narrow. */
  readonly rank: number;
  /** Takes the width that is left over; exactly one column of a list. */
  readonly grows?: boolean;
  /** May hold styles; fitted to the width by `fitText`. */
  cell(row: Row, width: number): string;
}

export interface PlacedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/** The columns that fit into `width` cells with a space between them, in their order; the growing one takes the rest. */
export function placeColumns<Row>(columns: readonly Column<Row>[], width: number): readonly PlacedColumn<Row>[] {
  const kept = new Set<Column<Row>>();
  let used = -1;
  for (const column of [...columns].sort((a, b) => a.rank - b.rank)) {
    if (kept.size > 0 && used + 1 + column.width > width) break;
    kept.add(column);
    used += 1 + column.width;
  }
  const rest = width - used;
  return columns
    .filter((column) => kept.has(column))
    .map((column) => ({ column, width: Math.max(1, column.width + (column.grows === true ? rest : 0)) }));
}

export function joinCells<Row>(placed: readonly PlacedColumn<Row>[], row: Row, ellipsis: string): string {
  return placed.map(({ column, width }) => fitText(column.cell(row, width), width, column.align, ellipsis)).join(' ');
}

export function joinTitles<Row>(placed: readonly PlacedColumn<Row>[], ellipsis: string): string {
  return placed.map(({ column, width }) => fitText(column.title, width, column.align, ellipsis)).join(' ');
}
