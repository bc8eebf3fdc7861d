import type { RunCommand } from '../command-spec.js';

/** Apart: what other commands load is not to have a command line within it. */
export const runtime: RunCommand = async (call) => (await import('../oci-runtime/run-runtime.js')).runRuntime(call);
