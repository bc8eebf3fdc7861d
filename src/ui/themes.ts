import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../model/errors.js';
import { configPath } from '../store/preferences.js';
import { THEME_NAMES, THEMES, type ThemeLook, type ThemeName } from './terminal/theme-palettes.js';
import { isThemeName, readThemeFile } from './theme-file.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The theme that an environment asks for: NO_COLOR (no-color.org), or the background that COLORFGBG names. */
export function selectThemeName(env: Environment): ThemeName {
  if (isWithoutColour(env)) return 'plain';
  const background = Number(env['COLORFGBG']?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background === 15 ? 'light' : 'dark';
}

export function isWithoutColour(env: Environment): boolean {
  return (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
}

/**
 * A theme by its name, by that of a file in the folder `themes` of the user's configuration, or by a path, which has a slash in it or ends
 * in .json. Throws with the name where there is none, or where its file cannot be used.
 */
export function loadTheme(name: string, env: Environment): ThemeLook {
  if (isThemeName(name)) return THEMES[name];
  const isPath = name.includes('/') || name.endsWith('.json');
  const path = isPath ? name : listUserThemes(env).find(([each]) => each === name)?.[1];
  if (path === undefined) throw new Error(`there is no theme ${name}; there are ${listThemes(env).join(', ')}`);
  try {
    return readThemeFile(path);
  } catch (error) {
    throw new Error(`theme ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Names of all themes that can be chosen. */
export function listThemes(env: Environment): readonly string[] {
  return [...THEME_NAMES, ...listUserThemes(env).map(([name]) => name)];
}

function listUserThemes(env: Environment): readonly (readonly [name: string, path: string])[] {
  const folder = configPath(env, 'themes');
  if (folder === undefined) return [];
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    return files.toSorted().map((file) => [file.slice(0, -'.json'.length), join(folder, file)]);
  } catch {
    // Most users have no such folder.
    return [];
  }
}
