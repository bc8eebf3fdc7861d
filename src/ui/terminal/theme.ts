import { Chalk, type ChalkInstance } from 'chalk';
import { RESET } from './ansi-text.js';
import { type Look, THEMES, type ThemeLook, type ThemeName, type Token } from './theme-palettes.js';

export type { Token };

export interface Theme {
  /** The text in the token's style; unchanged where the theme has none. */
  style(token: Token, text: string): string;
  /** As `style`, and styles inside the text end in the token's again instead of plain. */
  base(token: Token, text: string): string;
  /** The colour of a level from 0 to 1: calm, warm, hot. */
  level(ratio: number, text: string): string;
}

/** How many colours the terminal has, as chalk counts: 1 is sixteen, 2 is 256. The Linux console and old ones have sixteen. */
export function selectColourLevel({ TERM }: Readonly<Record<string, string | undefined>>): 1 | 2 {
  return TERM === 'linux' || TERM === 'ansi' || TERM?.startsWith('vt') === true || TERM?.endsWith('-16color') === true
    ? 1
    : 2;
}

/** A theme that can become another one while it is in use. */
export interface ThemeSwitch extends Theme {
  use(theme: Theme): void;
}

export function createThemeSwitch(first: Theme): ThemeSwitch {
  let current = first;
  return {
    style: (token, text) => current.style(token, text),
    base: (token, text) => current.base(token, text),
    level: (ratio, text) => current.level(ratio, text),
    use: (theme) => {
      current = theme;
    },
  };
}

/** The one place where styles are made, for the painters' rows and for what Ink draws. */
export function createTheme(look: ThemeName | ThemeLook, level: 1 | 2 = 2): Theme {
  const chalk = new Chalk({ level });
  const { palette, levels } = typeof look === 'string' ? THEMES[look] : look;
  const styles = new Map(Object.entries(palette).map(([token, look]) => [token, toStyle(chalk, look)]));
  const levelStyles = levels.map((ink) => toStyle(chalk, { ink }) ?? chalk);
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
  if (ink !== undefined) style = typeof ink === 'string' ? style.hex(ink) : style.ansi256(ink);
  if (ground !== undefined) style = typeof ground === 'string' ? style.bgHex(ground) : style.bgAnsi256(ground);
  return style;
}
