import type { ApiVersion } from './api-version.js';

/** From this version on, streams of two are told apart from those of one by their type. */
const MULTIPLEXED_SINCE = 42;

/** The content type of output: raw with a terminal, in frames without. */
export function streamType(version: ApiVersion, isRaw: boolean): string {
  const isMultiplexed = !isRaw && version >= MULTIPLEXED_SINCE;
  return `application/vnd.docker.${isMultiplexed ? 'multiplexed' : 'raw'}-stream`;
}
