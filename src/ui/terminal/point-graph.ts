/** Several lines in one graph, each drawn with a character of its own. */
export interface PointGraph {
  readonly series: readonly PointSeries[];
  readonly width: number;
  readonly height: number;
  /** The value at the top. */
  readonly max: number;
}

export interface PointSeries {
  readonly glyph: string;
  /** Oldest first, one a cell; NaN where nothing was read. */
  readonly values: ArrayLike<number>;
}

export interface PointCells {
  /** `height` rows of `width` cells, top row first. */
  readonly rows: readonly string[];
  /** The series drawn in each cell, row by row; -1: none. */
  readonly owners: Int8Array;
}

/** Characters of one cell in every font and locale: told apart without colour. */
export const POINT_GLYPHS = ['*', '+', 'x', 'o', '#', '@', '%', '='] as const;

/** A point a column and series. Where several fall into one cell they take turns, so that none hides another for long. */
export function drawPoints({ series, width, height, max }: PointGraph): PointCells {
  const owners = new Int8Array(width * height).fill(-1);
  const shares = new Uint8Array(width * height);
  const cellOf = (values: ArrayLike<number>, x: number) => {
    const value = values[values.length - width + x] ?? Number.NaN;
    if (Number.isNaN(value)) return undefined;
    const level = max <= 0 ? 0 : Math.min(height - 1, Math.max(0, Math.floor((value / max) * height)));
    return (height - 1 - level) * width + x;
  };
  const visit = (act: (cell: number, index: number, x: number) => void) =>
    series.forEach(({ values }, index) => {
      for (let x = 0; x < width; x++) {
        const cell = cellOf(values, x);
        if (cell !== undefined) act(cell, index, x);
      }
    });
  visit((cell) => {
    shares[cell] = (shares[cell] ?? 0) + 1;
  });
  const turns = new Uint8Array(width * height);
  visit((cell, index, x) => {
    const turn = turns[cell] ?? 0;
    turns[cell] = turn + 1;
    if (turn === x % (shares[cell] ?? 1)) owners[cell] = index;
  });
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => series[owners[y * width + x] ?? -1]?.glyph ?? ' ').join(''),
  );
  return { rows, owners };
}
