import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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

export interface HostFile {
  /** Empty where its writer is between making and writing it, or was killed there. */
  readonly text: string;
  readonly changedAtMs: number;
}

/** Those whose names begin so, by the rest of the name. */
export function readHostFiles(folder: string, prefix: string): readonly (HostFile & { readonly name: string })[] {
  return listHostFiles(folder, prefix).flatMap((name) => {
    const file = readHostFile(join(folder, `${prefix}${name}`));
    return file === undefined ? [] : [{ name, ...file }];
  });
}

/** Undefined without the file. */
export function readHostFile(path: string): HostFile | undefined {
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
