import type { GraphStyle } from './glyphs.js';

export interface BarGraph {
  /** Oldest first, one a column of dots; NaN where nothing was read. The last stands at the right edge. */
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  /** The value that fills the height. */
  readonly max: number;
  readonly style: GraphStyle;
}

/** Samples that one cell of a graph shows side by side. */
export function samplesPerCell(style: GraphStyle): 1 | 2 {
  return style === 'braille' ? 2 : 1;
}

/** Bars from the bottom up as `height` rows of `width` cells, top row first. A value above 0 shows at least one dot. */
export function drawBars(graph: BarGraph): string[] {
  return graph.style === 'braille' ? drawBraille(graph) : drawCells(graph);
}

const EIGHTHS = ' ▁▂▃▄▅▆▇█';
const ASCII_EIGHTHS = ' ..::-=##';

/** One row of bars of eighths, the last `width` values; a space where nothing was read. */
export function drawSparkline(values: ArrayLike<number>, width: number, max: number, style: GraphStyle): string {
  const levels = style === 'ascii' ? ASCII_EIGHTHS : EIGHTHS;
  let out = '';
  for (let i = values.length - width; i < values.length; i++) {
    const value = i < 0 ? Number.NaN : (values[i] ?? Number.NaN);
    if (Number.isNaN(value)) out += ' ';
    else out += levels[Math.max(1, Math.min(8, Math.round((value / (max > 0 ? max : 1)) * 8)))] ?? ' ';
  }
  return out;
}

/** Bits of U+2800, Braille Patterns: a cell is 2 dots wide and 4 high. By column, from the bottom up. */
export const DOTS = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

function drawBraille({ values, width, height, max }: BarGraph): string[] {
  const cells = new Uint8Array(width * height);
  const columns = width * 2;
  for (let column = 0; column < columns; column++) {
    const dots = dotCount(values, values.length - columns + column, max, height * 4);
    const bits = DOTS[column % 2 === 0 ? 0 : 1];
    for (let dot = 0; dot < dots; dot++) {
      const cell = (height - 1 - (dot >> 2)) * width + (column >> 1);
      cells[cell] = (cells[cell] ?? 0) | (bits[dot & 3] ?? 0);
    }
  }
  return toRows(height, width, (i) => {
    const cell = cells[i] ?? 0;
    return cell === 0 ? ' ' : String.fromCharCode(0x2800 + cell);
  });
}

function drawCells({ values, width, height, max, style }: BarGraph): string[] {
  const steps = style === 'block' ? 8 : 1;
  const full = Array.from({ length: width }, (_, column) =>
    dotCount(values, values.length - width + column, max, height * steps),
  );
  return toRows(height, width, (i) => {
    const below = (height - 1 - Math.floor(i / width)) * steps;
    const level = Math.max(0, Math.min(steps, (full[i % width] ?? 0) - below));
    if (style === 'ascii') return level > 0 ? '#' : ' ';
    return EIGHTHS[level] ?? ' ';
  });
}

function dotCount(values: ArrayLike<number>, index: number, max: number, dots: number): number {
  const value = index < 0 ? Number.NaN : (values[index] ?? Number.NaN);
  if (Number.isNaN(value) || value <= 0 || max <= 0) return 0;
  return Math.max(1, Math.min(dots, Math.round((value / max) * dots)));
}

function toRows(height: number, width: number, cellAt: (index: number) => string): string[] {
  return Array.from({ length: height }, (_, y) => {
    let row = '';
    for (let x = 0; x < width; x++) row += cellAt(y * width + x);
    return row;
  });
}
