import { refuseFlag } from '../../model/flags.js';
import type { CommandSpec } from '../command-spec.js';
import { DRY_RUN, FILTER, FORCE, FORMAT, INSPECT_FORMAT, MANY, NO_TRUNC, PRUNE_FILTER } from './shared-flags.js';

const LABEL = { long: 'label', kind: 'list', summary: 'Label (key=value)' } as const;
const QUIET_NAMES = { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print names only' } as const;

const CLUSTER = 'cluster volumes need Swarm';
const REFUSED_CLUSTER_FLAGS = [
  ...['availability', 'group', 'limit-bytes', 'required-bytes', 'scope', 'sharing', 'type'],
  ...['secret', 'topology-preferred', 'topology-required'],
].map((long) => refuseFlag(long, 'list', CLUSTER));

/** Commands for volumes and networks. */
export const VOLUME_AND_NETWORK_COMMANDS: readonly CommandSpec[] = [
  {
    names: ['volume create'],
    usage: '[OPTIONS] [VOLUME]',
    summary: 'Make a volume',
    flags: [
      { long: 'driver', short: 'd', kind: 'string', summary: 'Driver', fallback: '"local"' },
      LABEL,
      refuseFlag('opt', 'list', 'the local driver takes no options'),
      ...REFUSED_CLUSTER_FLAGS,
    ],
    operands: [0, 1],
    load: async () => (await import('../commands/volume.js')).createVolume,
  },
  {
    names: ['volume ls', 'volume list'],
    usage: '[OPTIONS]',
    summary: 'List volumes',
    flags: [refuseFlag('cluster', 'bool', CLUSTER), FILTER, FORMAT, QUIET_NAMES],
    operands: [0, 0],
    load: async () => (await import('../commands/volume.js')).listVolumes,
  },
  {
    names: ['volume inspect'],
    usage: '[OPTIONS] VOLUME [VOLUME...]',
    summary: 'Print everything about volumes',
    flags: [INSPECT_FORMAT],
    operands: [1, MANY],
    completes: 'volume',
    load: async () => (await import('../commands/inspect.js')).inspectVolumes,
  },
  {
    names: ['volume rm', 'volume remove'],
    usage: '[OPTIONS] VOLUME [VOLUME...]',
    summary: 'Remove volumes',
    flags: [{ long: 'force', short: 'f', kind: 'bool', summary: 'A volume that is not there is no error' }],
    operands: [1, MANY],
    completes: 'volume',
    load: async () => (await import('../commands/volume.js')).removeVolumes,
  },
  {
    names: ['volume prune'],
    usage: '[OPTIONS]',
    summary: 'Remove anonymous volumes that no container has',
    flags: [{ long: 'all', short: 'a', kind: 'bool', summary: 'Those with a name too' }, DRY_RUN, PRUNE_FILTER, FORCE],
    operands: [0, 0],
    load: async () => (await import('../commands/prune.js')).pruneVolumes,
  },
  {
    names: ['network create'],
    usage: '[OPTIONS] NETWORK',
    summary: 'Make a network',
    flags: [
      { long: 'driver', short: 'd', kind: 'string', summary: 'Driver', fallback: '"bridge"' },
      { long: 'gateway', kind: 'string', summary: 'Address of the host in it' },
      { long: 'internal', kind: 'bool', summary: 'No way out of it' },
      LABEL,
      { long: 'subnet', kind: 'string', summary: 'Addresses of it, such as 10.9.0.0/24' },
    ],
    operands: [1, 1],
    load: async () => (await import('../commands/network.js')).createNetwork,
  },
  {
    names: ['network ls', 'network list'],
    usage: '[OPTIONS]',
    summary: 'List networks',
    flags: [FILTER, FORMAT, NO_TRUNC, { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print ids only' }],
    operands: [0, 0],
    load: async () => (await import('../commands/network.js')).listNetworks,
  },
  {
    names: ['network inspect'],
    usage: '[OPTIONS] NETWORK [NETWORK...]',
    summary: 'Print everything about networks',
    flags: [INSPECT_FORMAT],
    operands: [1, MANY],
    completes: 'network',
    load: async () => (await import('../commands/inspect.js')).inspectNetworks,
  },
  {
    names: ['network connect'],
    usage: 'NETWORK CONTAINER',
    summary: 'Put a container into a network',
    flags: [],
    operands: [2, 2],
    completes: 'network',
    load: async () => (await import('../commands/network.js')).connectNetwork,
  },
  {
    names: ['network disconnect'],
    usage: 'NETWORK CONTAINER',
    summary: 'Take a container out of a network',
    flags: [],
    operands: [2, 2],
    completes: 'network',
    load: async () => (await import('../commands/network.js')).disconnectNetwork,
  },
  {
    names: ['network rm', 'network remove'],
    usage: 'NETWORK [NETWORK...]',
    summary: 'Remove networks',
    flags: [],
    operands: [1, MANY],
    completes: 'network',
    load: async () => (await import('../commands/network.js')).removeNetworks,
  },
  {
    names: ['network prune'],
    usage: '[OPTIONS]',
    summary: 'Remove networks that no container is in',
    flags: [PRUNE_FILTER, FORCE],
    operands: [0, 0],
    load: async () => (await import('../commands/prune.js')).pruneNetworks,
  },
];
