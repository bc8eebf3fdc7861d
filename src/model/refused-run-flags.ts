import type { FlagKind, FlagSpec } from './flags.js';

const NO_BRIDGE = 'there is no bridge network yet, only --network none, host and container:NAME';
const WINDOWS = 'it is for containers of Windows';
const REALTIME = 'CPU real-time scheduling of a cgroup needs a kernel with CONFIG_RT_GROUP_SCHED';

/** Of `docker update`; `run` has them too. */
export const REFUSED_UPDATE_FLAGS: readonly FlagSpec[] = [
  refuse('cpu-rt-period', 'int', REALTIME),
  refuse('cpu-rt-runtime', 'int', REALTIME),
  refuse('kernel-memory', 'string', 'the kernel has no limit of its own for it any more; --memory counts it'),
];

/** Flags of `docker run` that are known and not done, each with its reason. */
export const REFUSED_RUN_FLAGS: readonly FlagSpec[] = [
  refuse('cpu-count', 'int', WINDOWS),
  refuse('cpu-percent', 'int', WINDOWS),
  ...REFUSED_UPDATE_FLAGS,
  refuse('gpus', 'string', 'could not select device driver "" with capabilities: [[gpu]]; --device gives a device'),
  refuse('io-maxbandwidth', 'string', WINDOWS),
  refuse('io-maxiops', 'string', WINDOWS),
  refuse('ip', 'string', NO_BRIDGE),
  refuse('ip6', 'string', NO_BRIDGE),
  refuse('link', 'list', NO_BRIDGE),
  refuse('link-local-ip', 'list', NO_BRIDGE),
  refuse('mac-address', 'string', NO_BRIDGE),
  refuse('network-alias', 'list', NO_BRIDGE),
  refuse('storage-opt', 'list', "it needs overlay over xfs with the mount option 'pquota'"),
  refuse('use-api-socket', 'bool', 'there is no API socket, as there is no daemon'),
];

function refuse(long: string, kind: FlagKind, refused: string): FlagSpec {
  return { long, kind, summary: '', refused };
}
