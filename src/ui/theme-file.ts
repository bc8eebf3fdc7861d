import { readFileSync } from 'node:fs';
import {
  type Look,
  type Palette,
  THEME_NAMES,
  THEMES,
  type ThemeLook,
  type ThemeName,
  type Token,
} from './terminal/theme-palettes.js';

/**
 * A theme of a user: `{ "base": "dark", "tokens": { "ok": { "ink": 78, "bold": true }, "selection": { "ground": "#303050" } }, "levels":
 * [79, 221, "#ff5f5f"] }`. What it does not say is as in its base. Throws where the file cannot be read, or with what is wrong in it.
 */
export function readThemeFile(path: string): ThemeLook {
  return parseTheme(JSON.parse(readFileSync(path, 'utf8')));
}

/** The theme of a parsed file. Throws as `readThemeFile`. */
export function parseTheme(file: unknown): ThemeLook {
  const document = asObject(file, 'the document', ['base', 'tokens', 'levels']);
  const { base: name = 'dark', tokens = {}, levels } = document;
  if (!isThemeName(name)) throw new Error(`base ${JSON.stringify(name)} is none of ${THEME_NAMES.join(', ')}`);
  const base = THEMES[name];
  const names = Object.keys(base.palette);
  const looks = Object.entries(asObject(tokens, 'tokens', names)).map(([token, look]) => [
    token,
    parseLook(token, look),
  ]);
  const changes: Partial<Record<Token, Look>> = Object.fromEntries(looks);
  const palette: Palette = { ...base.palette, ...changes };
  return { palette, levels: levels === undefined ? base.levels : parseLevels(levels) };
}

export function isThemeName(name: unknown): name is ThemeName {
  return THEME_NAMES.some((each) => each === name);
}

function asObject(value: unknown, name: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} must be an object`);
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new Error(`${name} has no field ${unknown}; it may have ${fields.join(', ')}`);
  return Object.fromEntries(Object.entries(value));
}

function parseLook(token: string, value: unknown): Look {
  const { bold, inverse, ink, ground } = asObject(value, token, ['bold', 'inverse', 'ink', 'ground']);
  return {
    ...(bold === undefined ? {} : { bold: parseSwitch(bold, `bold of ${token}`) }),
    ...(inverse === undefined ? {} : { inverse: parseSwitch(inverse, `inverse of ${token}`) }),
    ...(ink === undefined ? {} : { ink: parseColour(ink, `ink of ${token}`) }),
    ...(ground === undefined ? {} : { ground: parseColour(ground, `ground of ${token}`) }),
  };
}

function parseLevels(value: unknown): ThemeLook['levels'] {
  if (!Array.isArray(value)) throw new Error('levels must be an array of colours, from calm to hot');
  return value.map((colour: unknown) => parseColour(colour, 'a level'));
}

function parseSwitch(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${name} must be true or false`);
  return value;
}

function parseColour(value: unknown, name: string): number | string {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  if (typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)) return value;
  throw new Error(`${name} must be a colour from 0 to 255 or #rrggbb: ${JSON.stringify(value)}`);
}
