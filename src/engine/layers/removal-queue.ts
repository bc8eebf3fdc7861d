/** Deletes beside whoever asked: to delete a folder takes milliseconds, a layer's a second. */
export interface RemovalQueue {
  /** Takes paths over that nobody finds any more, renamed or without a row. Returns at once. */
  add(paths: readonly string[]): void;
  /** Resolves when all that was added has been tried. */
  drain(): Promise<void>;
}

/** Paths of one process: far below what a message to the spawner may hold. */
const BATCH = 128;

/**
 * One process at a time; what is added meanwhile goes together into the next. What cannot be deleted is told to `onFailure` and
 * stays for the sweep of the next engine that opens.
 */
export function createRemovalQueue(
  remove: (paths: readonly string[]) => Promise<void>,
  onFailure: (error: unknown) => void,
): RemovalQueue {
  const waiting: string[] = [];
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    while (waiting.length > 0) await remove(waiting.splice(0, BATCH)).catch(onFailure);
    working = undefined;
  };
  return {
    add(paths) {
      waiting.push(...paths);
      // A moment later: what is added in one go, as the layers of an image, goes together.
      if (waiting.length > 0) working ??= Promise.resolve().then(work);
    },
    drain: () => working ?? Promise.resolve(),
  };
}
