import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's file that names the context which `context use` chose, by the XDG base directory specification. */
export function currentContextPath({ XDG_CONFIG_HOME, HOME }: Readonly<Record<string, string | undefined>>): string {
  const base = XDG_CONFIG_HOME?.startsWith('/') === true ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return join(base, 'gantry', 'context');
}
