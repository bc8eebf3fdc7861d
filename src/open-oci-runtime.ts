import { openOciRuntime as openRuntime } from './engine/oci-runtime/open-oci-runtime.js';
import type { OciRuntime, OciRuntimeSettings } from './model/oci-runtime.js';
import { findNativeProgram } from './native-program.js';

/** The runtime of bundles on this host. Throws permission-denied, unavailable. */
export function openOciRuntime(settings: OciRuntimeSettings): OciRuntime {
  return openRuntime(findNativeProgram(), settings);
}
