/** Of Gantry; the same as in package.json, which a test compares. */
export const GANTRY_VERSION = '0.1.0';
