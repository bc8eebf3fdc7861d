import { type FSWatcher, watch } from 'node:fs';

/** Ends a watch; may be called twice. */
export interface FileWatch {
  close(): void;
}

/**
 * Calls `listener` when the file at `path`, or an entry of the directory at `path`, has changed: content, times, name. The name
 * of the entry is given where the kernel says it. Several changes may be one call, and a change just after this function
 * returned is seen. Throws where `path` is missing. inotify(7)
 *
 * The watch keeps the process alive unless `background` is set.
 */
export function watchPath(
  path: string,
  listener: (entry: string | undefined) => void,
  options: { readonly background?: boolean } = {},
): FileWatch {
  const watcher: FSWatcher = watch(path, { persistent: options.background !== true });
  watcher.on('change', (_kind, entry) => listener(entry === null ? undefined : String(entry)));
  // The only error after the start is the loss of what is watched; whoever waits looks once more and finds it gone.
  watcher.on('error', () => listener(undefined));
  return { close: () => watcher.close() };
}
