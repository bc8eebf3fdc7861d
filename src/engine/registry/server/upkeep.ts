import { messageOf } from '../../../model/errors.js';
import type { RegistryOptions } from '../../../model/registry-options.js';
import { collectGarbage } from './store/garbage.js';
import type { RegistryStore } from './store/registry-store.js';

const SWEEP_MS = 60_000;

/** Deletes uploads that nobody goes on with now and then, and collects garbage where that is asked for. Returns what ends it. */
export function startUpkeep(
  store: RegistryStore,
  { uploadIdleMs, garbageMs, garbageGraceMs }: RegistryOptions,
  warn: (message: string) => void,
): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  const collect = () => {
    const options = { ...{ uploadIdleMs, graceMs: garbageGraceMs }, withUntagged: false, isDryRun: false };
    running = running
      .then(() => collectGarbage(store, { ...options, nowMs: Date.now() }))
      .catch((error: unknown) => warn(`cannot collect garbage: ${messageOf(error)}`));
  };
  store.uploads.sweep(uploadIdleMs);
  const timers = [setInterval(() => store.uploads.sweep(uploadIdleMs), SWEEP_MS)];
  if (garbageMs > 0) timers.push(setInterval(collect, garbageMs));
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await running;
  };
}
