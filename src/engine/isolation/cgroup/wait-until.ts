import { errnoOf, type KernelFiles } from '../../../platform/kernel-file.js';

export interface Wait {
  readonly files: KernelFiles;
  check(): boolean;
  /** A file whose changes the kernel announces (cgroup.events); without one the check is repeated. */
  readonly eventsPath?: string;
  readonly timeoutMs: number;
}

// Announced changes are looked at when announced; the slow beat is for a group that goes away meanwhile.
const SLOW_MS = 100;
const FAST_MS = 2;

/** True when the check holds, false when it does not within the time. */
export function waitUntil(wait: Wait): Promise<boolean> {
  if (wait.check()) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const finish = (settle: () => void) => {
      for (const end of ends) end();
      settle();
    };
    const look = () => {
      try {
        if (wait.check()) finish(() => resolve(true));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const beat = setInterval(look, wait.eventsPath === undefined ? FAST_MS : SLOW_MS);
    const limit = setTimeout(() => finish(() => resolve(false)), wait.timeoutMs);
    ends.push(
      () => clearInterval(beat),
      () => clearTimeout(limit),
    );
    if (wait.eventsPath !== undefined) {
      ends.push(watchIfThere(wait.files, wait.eventsPath, look));
    }
    // What happened between the first check and the watch is announced to nobody.
    look();
  });
}

/** The group may be removed at any moment, by its monitor for one: then the slow beat sees that it has gone. */
function watchIfThere(files: KernelFiles, path: string, look: () => void): () => void {
  try {
    return files.watch(path, look);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return () => undefined;
    throw error;
  }
}
