import { join } from 'node:path';

/** gantry-init, beside the compiled sources and beside the bundles alike. */
export const NATIVE_PROGRAM = join(import.meta.dirname, '../native/gantry-init');
