/** How Go's tabwriter aligns: every column but the last is as wide as its widest cell and the gap, and at least `least`. */
export interface TableShape {
  readonly least: number;
  readonly gap: number;
}

/** The shape of Docker's lists. */
export const LIST_SHAPE: TableShape = { least: 10, gap: 3 };

/** Aligns cells, a row a line. */
export function alignTable(rows: readonly (readonly string[])[], shape = LIST_SHAPE): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? shape.least, widthOf(cell) + shape.gap);
    }
  }
  return rows
    .map(
      (row) =>
        `${row.map((cell, index) => padCell(cell, index === row.length - 1 ? 0 : (widths[index] ?? 0))).join('')}\n`,
    )
    .join('');
}

function padCell(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

/** Code points, as Go counts them. */
function widthOf(cell: string): number {
  return [...cell].length;
}
