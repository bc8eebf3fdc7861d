import { fileURLToPath } from 'node:url';

/** The built gantry-init. */
export const nativeProgram = fileURLToPath(new URL('../../native/gantry-init', import.meta.url));
