import { Chalk, type ChalkInstance } from 'chalk';
import { RESET } from './ansi-text.js';

/** What a piece of text means; a theme says how that looks. */
export type Token =
  | 'text'
  | 'muted'
  | 'border'
  | 'borderFocus'
  | 'title'
  | 'tab'
  | 'header'
  | 'key'
  | 'ok'
  | 'warning'
  | 'error'
  | 'paused'
  | 'cpu'
  | 'memory'
  | 'network'
  | 'io'
  | 'limit'
  | 'mark'
  | 'match'
  | 'selection'
  | 'selectionDim';

export interface Theme {
  /** The text in the token's style; unchanged where the theme has none. */
  style(token: Token, text: string): string;
  /** As `style`, and styles inside the text end in the token's again instead of plain. */
  base(token: Token, text: string): string;
  /** The colour of a level from 0 to 1: calm, warm, hot. */
  level(ratio: number, text: string): string;
}

interface Look {
  readonly bold?: boolean;
  readonly inverse?: boolean;
  /** 256-colour codes (xterm) of the text and of what is behind it. */
  readonly ink?: number;
  readonly ground?: number;
}

type Palette = Readonly<Record<Token, Look>>;

const DARK: Palette = {
  text: {},
  muted: { ink: 245 },
  border: { ink: 240 },
  borderFocus: { ink: 75 },
  title: { bold: true, ink: 252 },
  tab: { bold: true, ink: 16, ground: 75 },
  header: { ink: 252, ground: 236 },
  key: { bold: true, ink: 117 },
  ok: { ink: 78 },
  warning: { ink: 221 },
  error: { ink: 203 },
  paused: { ink: 179 },
  cpu: { ink: 79 },
  memory: { ink: 111 },
  network: { ink: 176 },
  io: { ink: 180 },
  limit: { ink: 209 },
  mark: { bold: true, ink: 227 },
  match: { ink: 16, ground: 221 },
  selection: { ground: 238 },
  selectionDim: { ground: 235 },
};

const LIGHT: Palette = {
  text: {},
  muted: { ink: 242 },
  border: { ink: 250 },
  borderFocus: { ink: 26 },
  title: { bold: true, ink: 235 },
  tab: { bold: true, ink: 231, ground: 26 },
  header: { ink: 235, ground: 254 },
  key: { bold: true, ink: 25 },
  ok: { ink: 28 },
  warning: { ink: 130 },
  error: { ink: 160 },
  paused: { ink: 94 },
  cpu: { ink: 29 },
  memory: { ink: 26 },
  network: { ink: 90 },
  io: { ink: 94 },
  limit: { ink: 166 },
  mark: { bold: true, ink: 88 },
  match: { ink: 16, ground: 221 },
  selection: { ground: 153 },
  selectionDim: { ground: 255 },
};

/** Attributes only: what must stand out without colour still does. */
const PLAIN: Palette = {
  text: {},
  muted: {},
  border: {},
  borderFocus: { bold: true },
  title: { bold: true },
  tab: { inverse: true },
  header: { inverse: true },
  key: { bold: true },
  ok: {},
  warning: {},
  error: { bold: true },
  paused: {},
  cpu: {},
  memory: {},
  network: {},
  io: {},
  limit: {},
  mark: { bold: true },
  match: { inverse: true },
  selection: { inverse: true },
  selectionDim: { bold: true },
};

const DARK_LEVELS = [79, 115, 150, 221, 215, 209, 203];
const LIGHT_LEVELS = [29, 64, 100, 136, 166, 160, 124];

export type ThemeName = 'dark' | 'light' | 'plain';

/** The theme that an environment asks for: NO_COLOR (no-color.org), GANTRY_THEME, or the background that COLORFGBG names. */
export function selectThemeName(env: Readonly<Record<string, string | undefined>>): ThemeName {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return 'plain';
  const asked = env['GANTRY_THEME'];
  if (asked === 'dark' || asked === 'light' || asked === 'plain') return asked;
  const background = Number(env['COLORFGBG']?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background === 15 ? 'light' : 'dark';
}

/** How many colours the terminal has, as chalk counts: 1 is sixteen, 2 is 256. The Linux console and old ones have sixteen. */
export function selectColourLevel({ TERM }: Readonly<Record<string, string | undefined>>): 1 | 2 {
  return TERM === 'linux' || TERM === 'ansi' || TERM?.startsWith('vt') === true || TERM?.endsWith('-16color') === true
    ? 1
    : 2;
}

/** The one place where styles are made, for the painters' rows and for what Ink draws. */
export function createTheme(name: ThemeName, level: 1 | 2 = 2): Theme {
  const chalk = new Chalk({ level });
  const palette = name === 'plain' ? PLAIN : name === 'light' ? LIGHT : DARK;
  const levels = name === 'plain' ? [] : name === 'light' ? LIGHT_LEVELS : DARK_LEVELS;
  const styles = new Map(Object.entries(palette).map(([token, look]) => [token, toStyle(chalk, look)]));
  const levelStyles = levels.map((ink) => chalk.ansi256(ink));
  return {
    style: (token, text) => styles.get(token)?.(text) ?? text,
    base: (token, text) => {
      const style = styles.get(token);
      if (style === undefined) return text;
      // Where a row was cut, a reset ends all styles, this one too.
      const [open = ''] = style('\0').split('\0');
      return style(text.replaceAll(RESET, `${RESET}${open}`));
    },
    level: (ratio, text) => {
      const index = Math.min(levelStyles.length - 1, Math.max(0, Math.floor(ratio * levelStyles.length)));
      return levelStyles[index]?.(text) ?? text;
    },
  };
}

function toStyle(chalk: ChalkInstance, { bold, inverse, ink, ground }: Look): ChalkInstance | undefined {
  if (bold === undefined && inverse === undefined && ink === undefined && ground === undefined) return undefined;
  let style = chalk;
  if (bold === true) style = style.bold;
  if (inverse === true) style = style.inverse;
  if (ink !== undefined) style = style.ansi256(ink);
  if (ground !== undefined) style = style.bgAnsi256(ground);
  return style;
}
