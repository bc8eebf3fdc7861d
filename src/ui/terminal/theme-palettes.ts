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

export interface Look {
  readonly bold?: boolean;
  readonly inverse?: boolean;
  /** The colour of the text and of what is behind it: a code of the 256 of xterm, or `#rrggbb`. */
  readonly ink?: number | string;
  readonly ground?: number | string;
}

export type Palette = Readonly<Record<Token, Look>>;

/** All that a theme is made of. */
export interface ThemeLook {
  readonly palette: Palette;
  /** From calm to hot; none: levels have no colour. */
  readonly levels: readonly (number | string)[];
}

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

/** Blue, yellow and orange of different brightness: what is told apart without red and green, and in grey too. */
const COLOUR_BLIND: Palette = {
  text: {},
  muted: { ink: 246 },
  border: { ink: 241 },
  borderFocus: { ink: 75 },
  title: { bold: true, ink: 254 },
  tab: { bold: true, ink: 16, ground: 117 },
  header: { ink: 254, ground: 236 },
  key: { bold: true, ink: 117 },
  ok: { ink: 75 },
  warning: { ink: 221 },
  error: { bold: true, ink: 208 },
  paused: { ink: 250 },
  cpu: { ink: 75 },
  memory: { ink: 221 },
  network: { ink: 153 },
  io: { ink: 180 },
  limit: { ink: 208 },
  mark: { bold: true, ink: 231 },
  match: { ink: 16, ground: 221 },
  selection: { ground: 238 },
  selectionDim: { ground: 235 },
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

export const THEME_NAMES = ['dark', 'light', 'colour-blind', 'plain'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export const THEMES: Readonly<Record<ThemeName, ThemeLook>> = {
  dark: { palette: DARK, levels: [79, 115, 150, 221, 215, 209, 203] },
  light: { palette: LIGHT, levels: [29, 64, 100, 136, 166, 160, 124] },
  'colour-blind': { palette: COLOUR_BLIND, levels: [67, 75, 117, 187, 221, 214, 208] },
  plain: { palette: PLAIN, levels: [] },
};
