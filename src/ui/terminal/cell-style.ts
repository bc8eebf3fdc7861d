import type { IBufferCell } from '@xterm/headless';

/** How many colours the cells of a program's screen may have: none (attributes stay), 16, 256 or all. */
export type CellColours = 0 | 16 | 256 | 16_777_216;

type Environment = Readonly<Record<string, string | undefined>>;

/** What the screen's terminal can, by its environment: no-color.org, COLORTERM, TERM. */
export function selectCellColours(env: Environment): CellColours {
  const { TERM = '', COLORTERM } = env;
  if ((env['NO_COLOR'] ?? '') !== '' || TERM === 'dumb' || env['GANTRY_THEME'] === 'plain') return 0;
  if (COLORTERM === 'truecolor' || COLORTERM === '24bit') return 16_777_216;
  return TERM === 'linux' || TERM === 'ansi' || TERM.startsWith('vt') || TERM.endsWith('-16color') ? 16 : 256;
}

/** The SGR parameters (ECMA-48, 8.3.117) that a cell looks by; empty for a plain one. */
export function cellStyle(cell: IBufferCell, colours: CellColours, isCursor: boolean): string {
  const parts: (number | string)[] = [];
  if (cell.isBold()) parts.push(1);
  if (cell.isDim()) parts.push(2);
  if (cell.isItalic()) parts.push(3);
  if (cell.isUnderline()) parts.push(4);
  // What blinks draws the eye from all else on the screen; it stands out in another way.
  const isInverse = (cell.isInverse() !== 0) !== isCursor;
  if (isInverse) parts.push(7);
  if (cell.isInvisible()) parts.push(8);
  if (cell.isStrikethrough()) parts.push(9);
  if (colours > 0) {
    if (!cell.isFgDefault()) parts.push(colour(cell.getFgColor(), cell.isFgRGB(), colours, 30));
    if (!cell.isBgDefault()) parts.push(colour(cell.getBgColor(), cell.isBgRGB(), colours, 40));
  }
  return parts.join(';');
}

/** `base` is 30 for the character, 40 for what is behind it. */
function colour(value: number, isRgb: boolean, colours: CellColours, base: 30 | 40): string {
  if (isRgb && colours > 256) return `${base + 8};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
  const code = isRgb ? nearestOf256(value) : value;
  if (code < 16) return basic(code, base);
  return colours === 16 ? basic(nearestOf16(code), base) : `${base + 8};5;${code}`;
}

const basic = (code: number, base: number) => String(code < 8 ? base + code : base + 60 + code - 8);

/** In the cube of six steps a colour, or its ramp of greys. */
function nearestOf256(rgb: number): number {
  const [red, green, blue] = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
  if (red === green && green === blue && red > 7 && red < 248) return 232 + Math.min(23, Math.round((red - 8) / 10));
  return 16 + 36 * cubeStep(red) + 6 * cubeStep(green) + cubeStep(blue);
}

/** The steps are 0, 95, 135, 175, 215 and 255. */
const cubeStep = (value: number) => (value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.round((value - 55) / 40)));

/** By which of red, green and blue are there, and whether it is bright. */
function nearestOf16(code: number): number {
  const [red, green, blue] = code >= 232 ? greyOf(code) : cubeOf(code - 16);
  const most = Math.max(red, green, blue);
  if (most < 0.25) return 0;
  const bits = [red, green, blue].map((part) => (part > most / 2 ? 1 : 0));
  return (bits[0] ?? 0) + 2 * (bits[1] ?? 0) + 4 * (bits[2] ?? 0) + (most > 0.75 ? 8 : 0);
}

const cubeOf = (index: number) =>
  [Math.floor(index / 36) / 5, (Math.floor(index / 6) % 6) / 5, (index % 6) / 5] as const;

function greyOf(code: number): readonly [number, number, number] {
  const part = (code - 232) / 23;
  return [part, part, part];
}
