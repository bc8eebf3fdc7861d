import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../platform/database.js';
import { isRemovedName, removeFolder, withdrawFolder } from '../../platform/remove-folder.js';

/** Where the folders of volumes are that are being removed, each under its name. No volume's name begins with a dot. */
export const LEAVING = '.leaving';

/** A volume's folder goes with its row: whoever makes a volume of that name must not find what was in this one. */
export interface LeavingVolumes {
  /** `removeRow` and the folder, in one transaction; then what was in it. */
  remove(name: string, removeRow: () => void): void;
  /** What processes have left that died in a removal. */
  settle(): void;
}

export function openLeavingVolumes(
  folder: string,
  { database, hasRow }: { readonly database: Database; readonly hasRow: (name: string) => boolean },
): LeavingVolumes {
  const leaving = join(folder, LEAVING);
  const placeOf = (name: string): string => join(leaving, name);
  /** Before its row was gone the volume is as it was; after, what was in it goes. */
  const end = (name: string): void => {
    if (hasRow(name) && !existsSync(join(folder, name))) renameSync(placeOf(name), join(folder, name));
    else removeFolder(placeOf(name));
  };
  return {
    remove: (name, removeRow) => {
      try {
        database.transaction(() => {
          removeRow();
          mkdirSync(leaving, { recursive: true, mode: 0o700 });
          removeFolder(placeOf(name));
          withdrawFolder(join(folder, name), placeOf(name));
        });
      } catch (error) {
        if (existsSync(placeOf(name))) end(name);
        throw error;
      }
      removeFolder(placeOf(name));
    },
    settle: () => {
      if (!existsSync(leaving)) return;
      for (const name of readdirSync(leaving)) {
        if (isRemovedName(name)) removeFolder(placeOf(name));
        // Whoever is removing it now has the lock until its row is gone.
        else database.transaction(() => end(name));
      }
    },
  };
}
