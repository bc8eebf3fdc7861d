import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../model/errors.js';
import type { GarbageOptions, GarbageReport } from '../../../model/registry-options.js';
import { collectGarbage } from './store/garbage.js';
import { openRegistryStore } from './store/registry-store.js';

/** Collects the garbage of the registry in a folder, served by another process or not. Rejects: not-found. */
export async function collectRegistryGarbage(
  folder: string,
  options: Omit<GarbageOptions, 'nowMs'>,
): Promise<GarbageReport> {
  if (!existsSync(join(folder, 'registry.db'))) throw new EngineError('not-found', `there is no registry in ${folder}`);
  const limits = { maxBlobBytes: Number.MAX_SAFE_INTEGER, maxUploads: 0 };
  const store = openRegistryStore({ folder, nowMs: Date.now, ...limits });
  try {
    return await collectGarbage(store, { ...options, nowMs: Date.now() });
  } finally {
    store.close();
  }
}
