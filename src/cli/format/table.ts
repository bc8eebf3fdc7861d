/** How Go's tabwriter aligns: every column but the last is as wide as its widest cell and the gap, and at least `least`. */
export interface TableShape {
  readonly least: number;
  readonly gap: number;
}

/** The shape of Docker's lists. */
export const LIST_SHAPE: TableShape = { least: 10, gap: 3 };

/** Aligns cells, a row a line. */
export function alignTable(rows: readonly (readonly string[])[], shape = LIST_SHAPE): string {
  // Go counts code points. Where nothing has two code units they are as many, and a hundred rows take a millisecond, not five.
  const hasPairs = /[\uD800-\uDBFF]/.test(rows.map((row) => row.join('')).join(''));
  const countMore = hasPairs ? (cell: string) => cell.length - [...cell].length : () => 0;
  const widths: number[] = [];
  for (const row of rows) {
    for (let index = 0; index < row.length - 1; index++) {
      const cell = row[index] ?? '';
      widths[index] = Math.max(widths[index] ?? shape.least, cell.length - countMore(cell) + shape.gap);
    }
  }
  const pad = (cell: string, index: number) => cell.padEnd((widths[index] ?? 0) + countMore(cell));
  return rows.map((row) => `${row.slice(0, -1).map(pad).join('')}${row.at(-1) ?? ''}\n`).join('');
}
