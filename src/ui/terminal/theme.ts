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
  readonly isColoured: boolean;
  /** The text between the token's sequence and a reset; unchanged where the theme has none. */
  style(token: Token, text: string): string;
  /** As `style`, and styles inside the text end in the token's again instead of plain. */
  base(token: Token, text: string): string;
  /** The colour of a level from 0 to 1: calm, warm, hot. */
  level(ratio: number, text: string): string;
}

type Palette = Readonly<Record<Token, string>>;

/** 256-colour codes (xterm); every terminal in use has them but the Linux console, which maps them to its 16. */
const DARK: Palette = {
  text: '',
  muted: '38;5;245',
  border: '38;5;240',
  borderFocus: '38;5;75',
  title: '1;38;5;252',
  tab: '1;38;5;16;48;5;75',
  header: '38;5;252;48;5;236',
  key: '1;38;5;117',
  ok: '38;5;78',
  warning: '38;5;221',
  error: '38;5;203',
  paused: '38;5;179',
  cpu: '38;5;79',
  memory: '38;5;111',
  network: '38;5;176',
  io: '38;5;180',
  limit: '38;5;209',
  mark: '1;38;5;227',
  match: '38;5;16;48;5;221',
  selection: '48;5;238',
  selectionDim: '48;5;235',
};

const LIGHT: Palette = {
  text: '',
  muted: '38;5;242',
  border: '38;5;250',
  borderFocus: '38;5;26',
  title: '1;38;5;235',
  tab: '1;38;5;231;48;5;26',
  header: '38;5;235;48;5;254',
  key: '1;38;5;25',
  ok: '38;5;28',
  warning: '38;5;130',
  error: '38;5;160',
  paused: '38;5;94',
  cpu: '38;5;29',
  memory: '38;5;26',
  network: '38;5;90',
  io: '38;5;94',
  limit: '38;5;166',
  mark: '1;38;5;88',
  match: '38;5;16;48;5;221',
  selection: '48;5;153',
  selectionDim: '48;5;255',
};

/** Attributes only: what must stand out without colour still does. */
const PLAIN: Palette = {
  text: '',
  muted: '',
  border: '',
  borderFocus: '1',
  title: '1',
  tab: '7',
  header: '7',
  key: '1',
  ok: '',
  warning: '',
  error: '1',
  paused: '',
  cpu: '',
  memory: '',
  network: '',
  io: '',
  limit: '',
  mark: '1',
  match: '7',
  selection: '7',
  selectionDim: '1',
};

const DARK_LEVELS = ['38;5;79', '38;5;115', '38;5;150', '38;5;221', '38;5;215', '38;5;209', '38;5;203'];
const LIGHT_LEVELS = ['38;5;29', '38;5;64', '38;5;100', '38;5;136', '38;5;166', '38;5;160', '38;5;124'];

export type ThemeName = 'dark' | 'light' | 'plain';

/** The theme that an environment asks for: NO_COLOR (no-color.org), GANTRY_THEME, or the background that COLORFGBG names. */
export function selectThemeName(env: Readonly<Record<string, string | undefined>>): ThemeName {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return 'plain';
  const asked = env['GANTRY_THEME'];
  if (asked === 'dark' || asked === 'light' || asked === 'plain') return asked;
  const background = Number(env['COLORFGBG']?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background === 15 ? 'light' : 'dark';
}

export function createTheme(name: ThemeName): Theme {
  const palette = name === 'plain' ? PLAIN : name === 'light' ? LIGHT : DARK;
  const levels = name === 'plain' ? [] : name === 'light' ? LIGHT_LEVELS : DARK_LEVELS;
  const wrap = (code: string, text: string) => (code === '' || text === '' ? text : `\x1b[${code}m${text}${RESET}`);
  return {
    isColoured: name !== 'plain',
    style: (token, text) => wrap(palette[token], text),
    base: (token, text) => {
      const code = palette[token];
      return code === '' ? text : wrap(code, text.replaceAll(RESET, `${RESET}\x1b[${code}m`));
    },
    level: (ratio, text) => {
      const index = Math.min(levels.length - 1, Math.max(0, Math.floor(ratio * levels.length)));
      return wrap(levels[index] ?? '', text);
    },
  };
}
