import { readdirSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Deletes folders that have nothing but a few files in them, as layers that are images: the kernel takes a tenth of a second for a file
 * of a gigabyte, and this way both processors work at it, without a process that has to be started first. Resolves with the paths that
 * are something else, or that cannot be deleted.
 */
export async function removeFlatFolders(paths: readonly string[]): Promise<readonly string[]> {
  const left = await Promise.all(paths.map(async (path) => ((await removeFlat(path)) ? [] : [path])));
  return left.flat();
}

const FILES_MAX = 8;

async function removeFlat(path: string): Promise<boolean> {
  const names = listFiles(path);
  if (names === undefined) return false;
  try {
    await Promise.all(names.map((name) => unlink(join(path, name))));
    await rmdir(path);
    return true;
  } catch {
    // Whoever tries it next says why.
    return false;
  }
}

/** Undefined for what is no folder, and where there is more in it than files. */
function listFiles(path: string): readonly string[] | undefined {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.length > FILES_MAX || !entries.every((entry) => entry.isFile())
      ? undefined
      : entries.map(({ name }) => name);
  } catch {
    // It is a file, or has gone.
    return undefined;
  }
}
