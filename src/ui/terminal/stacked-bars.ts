import type { GraphStyle } from './glyphs.js';
import { DOTS } from './graph.js';

/** Values that add up, drawn on each other. */
export interface StackedBars {
  /** From the bottom up; of each, oldest first, one a column of dots. NaN where nothing was read. */
  readonly parts: readonly ArrayLike<number>[];
  readonly width: number;
  readonly height: number;
  /** The sum that fills the height. */
  readonly max: number;
  readonly style: GraphStyle;
}

export interface StackedCells {
  /** `height` rows of `width` cells, top row first. */
  readonly rows: readonly string[];
  /** The part that has the most of each cell, row by row; -1: none. */
  readonly owners: Int8Array;
}

/** Patterns of three parts, so that they are told apart without colour: all dots, stripes, every other dot. */
const PATTERNS: readonly ((x: number, y: number) => boolean)[] = [
  () => true,
  (x) => x % 2 === 0,
  (x, y) => (x + y) % 2 === 0,
];
const SHADES: Readonly<Record<Exclude<GraphStyle, 'braille'>, readonly string[]>> = {
  block: ['█', '▒', '░'],
  ascii: ['#', '=', ':'],
};
const BRAILLE_SWATCHES = ['⣿', '⡇', '⡪'];

/** One cell filled with the pattern of a part, for the legend. */
export function swatchOf(part: number, style: GraphStyle): string {
  const swatches = style === 'braille' ? BRAILLE_SWATCHES : SHADES[style];
  return swatches[part % swatches.length] ?? ' ';
}

interface Cell {
  /** Dots of each part. */
  readonly counts: Uint8Array;
  /** Those of the braille pattern. */
  bits: number;
}

/** Each part has a pattern of its own; a sum above 0 shows at least one dot. */
export function drawStackedBars({ parts, width, height, max, style }: StackedBars): StackedCells {
  const perCell = style === 'braille' ? { x: 2, y: 4 } : { x: 1, y: 1 };
  const cells = Array.from({ length: width * height }, (): Cell => ({ counts: new Uint8Array(parts.length), bits: 0 }));
  const columns = width * perCell.x;
  for (let column = 0; column < columns; column++) {
    const x = Math.floor(column / perCell.x);
    const cellOf = (dot: number) => cells[(height - 1 - Math.floor(dot / perCell.y)) * width + x];
    fillColumn(cellOf, column, stackTops(parts, column - columns, max, height * perCell.y));
  }
  const owners = Int8Array.from(cells, ({ counts }) => ownerOf(counts));
  const rowOf = (y: number) =>
    cells.slice(y * width, (y + 1) * width).map((cell, x) => glyphOf(cell, owners[y * width + x] ?? -1, style));
  return { rows: Array.from({ length: height }, (_, y) => rowOf(y).join('')), owners };
}

function fillColumn(cellOf: (dot: number) => Cell | undefined, column: number, tops: readonly number[]): void {
  let dot = 0;
  tops.forEach((top, part) => {
    for (; dot < top; dot++) {
      const cell = cellOf(dot);
      if (cell === undefined) continue;
      cell.counts[part] = (cell.counts[part] ?? 0) + 1;
      if (PATTERNS[part % PATTERNS.length]?.(column, dot) === true) cell.bits |= DOTS[column & 1 ? 1 : 0][dot & 3] ?? 0;
    }
  });
}

function glyphOf({ bits }: Cell, owner: number, style: GraphStyle): string {
  if (owner < 0) return ' ';
  if (style !== 'braille') return swatchOf(owner, style);
  return bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits);
}

/** Where each part ends in dots from the bottom; `back` counts columns from the newest, which is -1. */
function stackTops(parts: readonly ArrayLike<number>[], back: number, max: number, dots: number): readonly number[] {
  let sum = 0;
  const tops = parts.map((values) => {
    const value = values[values.length + back] ?? Number.NaN;
    if (value > 0) sum += value;
    return max <= 0 ? 0 : Math.min(dots, Math.round((sum / max) * dots));
  });
  if (sum > 0 && max > 0 && tops.at(-1) === 0) tops[tops.length - 1] = 1;
  return tops;
}

function ownerOf(counts: Uint8Array): number {
  let owner = -1;
  for (let part = 0; part < counts.length; part++)
    if ((counts[part] ?? 0) > (owner < 0 ? 0 : (counts[owner] ?? 0))) owner = part;
  return owner;
}
