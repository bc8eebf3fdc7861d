import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** What all state roots of a host share of networks; it ends with the host's boot. */
export const HOST_FOLDER = '/run/gantry-networks';

/** What is not as it will be, a claim without its interface or a file without its text, may be a process at work; for as long, ms. */
export const UNFINISHED_LIMIT_MS = 30_000;

/** The names that begin so, without that; none where there is no folder. */
export function listHostFiles(folder: string, prefix: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/**
 * What a file of the folder says, and when that was written. The text is empty where its writer is between making and writing it, or
 * was killed there. Undefined without the file.
 */
export function readHostFile(path: string): { readonly text: string; readonly changedAtMs: number } | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return { text: readFileSync(fd, 'utf8'), changedAtMs: fstatSync(fd).mtimeMs };
  } finally {
    closeSync(fd);
  }
}
