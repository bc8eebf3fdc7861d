import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { matchCandidates } from './completion.js';

/** Paths that begin with a typed one, folders first with a slash at their end; of files those that `isWanted`. */
export function completePath(text: string, isWanted: (name: string) => boolean): readonly string[] {
  const slash = text.lastIndexOf('/') + 1;
  const [folder, typed] = [text.slice(0, slash), text.slice(slash)];
  try {
    const entries = readdirSync(folder === '' ? '.' : expandHome(folder), { withFileTypes: true }).filter(
      ({ name }) => typed.startsWith('.') || !name.startsWith('.'),
    );
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
    const files = entries.filter((entry) => !entry.isDirectory() && isWanted(entry.name)).map(({ name }) => name);
    return matchCandidates(typed, [...files.sort(), ...folders.sort()]).map((name) => folder + name);
  } catch {
    // A folder that is not there, or not for this user, has nothing to offer.
    return [];
  }
}

/** `~/` as a shell reads it. */
export function expandHome(path: string): string {
  return path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

export function isArchiveName(name: string): boolean {
  return /\.(tar|tgz|tzst|tar\.(gz|zst|xz|bz2))$/.test(name);
}
