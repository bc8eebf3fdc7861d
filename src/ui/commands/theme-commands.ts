import type { CommandContext } from './command-context.js';
import { openMenu } from './questions.js';

const HINTS: Readonly<Record<string, string>> = {
  dark: 'for a dark background',
  light: 'for a light background',
  'colour-blind': 'without red and green, for a dark background',
  plain: 'no colour',
};

/** A menu of the themes; the chosen one is kept. */
export function chooseTheme({ workspace, themes }: CommandContext): void {
  const names = themes();
  const items = names.map((name) => ({
    label: name,
    hint: HINTS[name] ?? 'yours',
    choose: () => workspace.view.setState({ theme: name }),
  }));
  openMenu(workspace, 'Theme', items, Math.max(0, names.indexOf(workspace.view.getState().theme ?? '')));
}
