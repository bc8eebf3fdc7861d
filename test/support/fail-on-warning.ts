import assert from 'node:assert/strict';
import type { Logger } from '../../src/platform/logger.js';

/** A log that nothing may be written to. */
export const failOnWarning: Logger = {
  warn: (message, cause) => assert.fail(`${message}: ${cause}`),
};
