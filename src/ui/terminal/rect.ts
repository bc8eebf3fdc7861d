/** Cells of the screen; x and y count from 0 at the top left. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function isSameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

export function hasCell(rect: Rect, { x, y }: Pick<Rect, 'x' | 'y'>): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

/** Cells of `row` that lie in `rect`, as [from, to), relative to `left`; undefined where it does not reach the row. */
export function rowSpan(rect: Rect, row: number, left: number, width: number): readonly [number, number] | undefined {
  if (row < rect.y || row >= rect.y + rect.height) return undefined;
  const from = Math.max(0, rect.x - left);
  const to = Math.min(width, rect.x + rect.width - left);
  return from < to ? [from, to] : undefined;
}
