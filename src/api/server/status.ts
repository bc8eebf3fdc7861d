import type { ErrorKind } from '../../model/errors.js';

/** The status of Docker's API for each kind of failure. */
export const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  'invalid-argument': 400,
  'command-not-found': 400,
  'command-not-executable': 400,
  unauthorized: 401,
  'permission-denied': 403,
  'not-found': 404,
  conflict: 409,
  'not-modified': 304,
  cancelled: 499,
  'not-implemented': 501,
  unavailable: 503,
  internal: 500,
};
