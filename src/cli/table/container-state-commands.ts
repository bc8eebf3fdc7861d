import { refuseFlag } from '../../model/flags.js';
import type { CommandSpec } from '../command-spec.js';
import { DETACH_KEYS, DRY_RUN, FORCE, MANY, PRUNE_FILTER, SIGNAL, TIMEOUT } from './shared-flags.js';

const CHECKPOINTS = 'there are no checkpoints: they need CRIU';

/** Commands that move containers from one state to another. */
export const CONTAINER_STATE_COMMANDS: readonly CommandSpec[] = [
  {
    names: ['container start', 'start'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Start containers that do not run',
    flags: [
      refuseFlag('checkpoint', 'string', CHECKPOINTS),
      refuseFlag('checkpoint-dir', 'string', CHECKPOINTS),
      { long: 'attach', short: 'a', kind: 'bool', summary: 'Join its output, and pass signals on' },
      DETACH_KEYS,
      { long: 'interactive', short: 'i', kind: 'bool', summary: 'Join its input' },
    ],
    operands: [1, MANY],
    completes: 'container',
    load: async () => (await import('../commands/start.js')).start,
  },
  {
    names: ['container stop', 'stop'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Ask containers to end, and kill those that do not',
    flags: [SIGNAL, TIMEOUT],
    operands: [1, MANY],
    completes: 'running',
    load: async () => (await import('../commands/stop.js')).stop,
  },
  {
    names: ['container restart', 'restart'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Stop containers and start them again',
    flags: [SIGNAL, TIMEOUT],
    operands: [1, MANY],
    completes: 'container',
    load: async () => (await import('../commands/stop.js')).restart,
  },
  {
    names: ['container kill', 'kill'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Send running containers a signal, SIGKILL if none is named',
    flags: [SIGNAL],
    operands: [1, MANY],
    completes: 'running',
    load: async () => (await import('../commands/kill.js')).kill,
  },
  {
    names: ['container pause', 'pause'],
    usage: 'CONTAINER [CONTAINER...]',
    summary: 'Freeze all processes of containers',
    flags: [],
    operands: [1, MANY],
    completes: 'running',
    load: async () => (await import('../commands/pause.js')).pause,
  },
  {
    names: ['container unpause', 'unpause'],
    usage: 'CONTAINER [CONTAINER...]',
    summary: 'Let frozen containers go on',
    flags: [],
    operands: [1, MANY],
    completes: 'running',
    load: async () => (await import('../commands/pause.js')).unpause,
  },
  {
    names: ['container rename', 'rename'],
    usage: 'CONTAINER NEW_NAME',
    summary: 'Give a container another name',
    flags: [],
    operands: [2, 2],
    completes: 'container',
    load: async () => (await import('../commands/rename.js')).rename,
  },
  {
    names: ['container wait', 'wait'],
    usage: 'CONTAINER [CONTAINER...]',
    summary: 'Wait until containers end, and print their exit codes',
    flags: [],
    operands: [1, MANY],
    completes: 'container',
    load: async () => (await import('../commands/wait.js')).wait,
  },
  {
    names: ['container rm', 'container remove', 'rm'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    summary: 'Remove containers',
    flags: [
      refuseFlag('link', 'bool', 'containers are not linked here'),
      { long: 'force', short: 'f', kind: 'bool', summary: 'Kill those that run' },
      { long: 'volumes', short: 'v', kind: 'bool', summary: 'Remove their anonymous volumes too' },
    ],
    operands: [1, MANY],
    completes: 'container',
    load: async () => (await import('../commands/rm.js')).rm,
  },
  {
    names: ['container prune'],
    usage: '[OPTIONS]',
    summary: 'Remove all containers that do not run',
    flags: [DRY_RUN, PRUNE_FILTER, FORCE],
    operands: [0, 0],
    load: async () => (await import('../commands/prune.js')).pruneContainers,
  },
];
