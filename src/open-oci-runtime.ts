import { join } from 'node:path';
import { openOciRuntime as openRuntime } from './engine/oci-runtime/open-oci-runtime.js';
import type { OciRuntime, OciRuntimeSettings } from './model/oci-runtime.js';

/** gantry-init, beside the compiled sources and beside the bundle alike. */
const PROGRAM = join(import.meta.dirname, '../native/gantry-init');

/** The runtime of bundles on this host. Throws permission-denied. */
export function openOciRuntime(settings: OciRuntimeSettings): OciRuntime {
  return openRuntime(PROGRAM, settings);
}
