import { EngineError } from '../../model/errors.js';
import { API_VERSION, MIN_API_VERSION } from '../../model/version.js';

/** The minor number of a version of Docker's API: 41 of 1.41. The major number has always been 1. */
export type ApiVersion = number;

const NEWEST = minorOf(API_VERSION);
const OLDEST = minorOf(MIN_API_VERSION);

const VERSIONED = /^\/v(\d+)\.(\d+)(\/.*)$/;

/** The path behind the version, whichever that is. */
export function withoutVersion(path: string): string {
  return VERSIONED.exec(path)?.[3] ?? path;
}

/**
 * Splits `/v1.41/containers/json`; without a prefix the newest version holds. Throws invalid-argument in Docker's words for a version
 * that is not spoken here.
 */
export function splitVersion(path: string): { readonly version: ApiVersion; readonly path: string } {
  const match = VERSIONED.exec(path);
  if (match === null) return { version: NEWEST, path };
  const [, major = '', minor = '', rest = ''] = match;
  const version = Number(minor);
  const asked = `${Number(major)}.${version}`;
  if (Number(major) > 1 || (Number(major) === 1 && version > NEWEST)) {
    throw refuse(`client version ${asked} is too new. Maximum supported API version is ${API_VERSION}`);
  }
  if (Number(major) < 1 || version < OLDEST) {
    throw refuse(
      `client version ${asked} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  return { version, path: rest };
}

function minorOf(version: string): ApiVersion {
  return Number(version.split('.')[1]);
}

function refuse(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
