import { type FlagSpec, refuseFlag } from './flags.js';

const WINDOWS = 'it is for containers of Windows';

/** Of `docker update`; `run` has them too. */
export const REFUSED_UPDATE_FLAGS: readonly FlagSpec[] = [
  refuseFlag('kernel-memory', 'string', 'the kernel has no limit of its own for it any more; --memory counts it'),
];

/** Flags of `docker run` that are known and not done, each with its reason. */
export const REFUSED_RUN_FLAGS: readonly FlagSpec[] = [
  refuseFlag('cpu-count', 'int', WINDOWS),
  refuseFlag('cpu-percent', 'int', WINDOWS),
  ...REFUSED_UPDATE_FLAGS,
  refuseFlag('gpus', 'string', 'could not select device driver "" with capabilities: [[gpu]]; --device gives a device'),
  refuseFlag('io-maxbandwidth', 'string', WINDOWS),
  refuseFlag('io-maxiops', 'string', WINDOWS),
  refuseFlag('storage-opt', 'list', "it needs overlay over xfs with the mount option 'pquota'"),
  refuseFlag('use-api-socket', 'bool', 'there is no API socket, as there is no daemon'),
];
