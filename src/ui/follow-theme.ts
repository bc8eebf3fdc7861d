import { messageOf } from '../model/errors.js';
import type { Workspace } from '../store/workspace.js';
import { openText } from './commands/questions.js';
import { createTheme, createThemeSwitch, selectColourLevel, type Theme } from './terminal/theme.js';
import type { ThemeLook } from './terminal/theme-palettes.js';
import { isWithoutColour, loadTheme, selectThemeName } from './themes.js';

export interface ThemeOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name or file of a theme, above all else that asks for one. */
  readonly theme?: string;
  /** ASCII only, and no colour. */
  readonly isPlain?: boolean;
}

/**
 * The theme of a screen, which becomes another one when the user chooses one. What asks for a theme, the strongest first: the option,
 * what forbids colour, GANTRY_THEME, the user's choice, the background. Throws where the option's cannot be used; any other is told.
 */
export function followTheme(
  workspace: Workspace,
  options: ThemeOptions,
  onChange: () => void,
): { readonly theme: Theme; close(): void } {
  const { view } = workspace;
  const level = selectColourLevel(options.env);
  const theme = createThemeSwitch(createTheme(firstLook(workspace, options), level));
  const close = view.subscribe((state, before) => {
    if (state.theme === before.theme || state.theme === undefined) return;
    try {
      theme.use(createTheme(loadTheme(state.theme, options.env), level));
      onChange();
    } catch (error) {
      view.say('error', messageOf(error));
    }
  });
  return { theme, close };
}

function firstLook(workspace: Workspace, { env, theme, isPlain }: ThemeOptions): ThemeLook | 'plain' {
  if (theme !== undefined) return loadTheme(theme, env);
  if (isPlain === true || isWithoutColour(env)) return 'plain';
  for (const name of [env['GANTRY_THEME'], workspace.view.getState().theme]) {
    if (name === undefined || name === '') continue;
    try {
      return loadTheme(name, env);
    } catch (error) {
      openText(workspace, 'Your theme is not used', [messageOf(error)]);
    }
  }
  return loadTheme(selectThemeName(env), env);
}
