/** Of Gantry; the same as in package.json, which a test compares. */
export const GANTRY_VERSION = '0.1.0';

/** The newest version of Docker's API whose objects and words Gantry follows. */
export const API_VERSION = '1.51';
/** The oldest that a client may ask for. */
export const MIN_API_VERSION = '1.24';
