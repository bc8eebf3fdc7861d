import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a file, a link or a folder says; nothing where it is not there, or its process has ended. */
export const readTextIfThere = (path: string): string => orElse('', () => readFileSync(path, 'utf8'));
export const readLinkIfThere = (path: string): string => orElse('', () => readlinkSync(path));
export const readNamesIfThere = (path: string): readonly string[] => orElse([], () => readdirSync(path));

function orElse<T>(nothing: T, read: () => T): T {
  try {
    return read();
  } catch {
    return nothing;
  }
}
