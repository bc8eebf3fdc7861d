import type { FlagSpec } from '../../model/flags.js';
import { MANY } from '../table/shared-flags.js';
import type { RuntimeCommand } from './runtime-command-spec.js';
import { events, features, list, ps, spec, state } from './runtime-reports.js';
import { create, exec, kill, remove, run, update } from './runtime-verbs.js';

const STREAM_FLAGS: readonly FlagSpec[] = [
  { long: 'console-socket', kind: 'string', word: 'path', summary: 'Unix socket that gets the terminal' },
  { long: 'pid-file', kind: 'string', word: 'file', summary: 'Write the pid of the process to a file' },
  { long: 'preserve-fds', kind: 'uint', summary: 'Pass on as many descriptors, from 3 on' },
];

const CREATE_FLAGS: readonly FlagSpec[] = [
  { long: 'bundle', short: 'b', kind: 'string', word: 'folder', summary: 'Folder of config.json', fallback: '.' },
  ...STREAM_FLAGS,
  { long: 'no-pivot', kind: 'bool', summary: 'Refused: a container gets its root by pivot_root' },
  { long: 'no-new-keyring', kind: 'bool', summary: 'Leave the session keyring of the caller' },
];

const DETACH: FlagSpec = { long: 'detach', short: 'd', kind: 'bool', summary: 'Do not wait for the end' };

const EXEC_FLAGS: readonly FlagSpec[] = [
  ...STREAM_FLAGS,
  DETACH,
  { long: 'process', short: 'p', kind: 'string', word: 'file', summary: 'Take the whole process from a file' },
  { long: 'cwd', kind: 'string', summary: 'Working directory' },
  { long: 'env', short: 'e', kind: 'list', summary: 'Set a variable (K=V)' },
  { long: 'tty', short: 't', kind: 'bool', summary: 'Give it a terminal' },
  { long: 'user', short: 'u', kind: 'string', word: 'uid[:gid]', summary: 'Run as this user' },
  { long: 'additional-gids', short: 'g', kind: 'list', summary: 'One more group' },
  { long: 'cap', short: 'c', kind: 'list', summary: 'One more capability' },
  { long: 'no-new-privs', kind: 'bool', summary: 'No new privileges by setuid programs' },
  { long: 'ignore-paused', kind: 'bool', summary: 'Also in a paused container' },
  { long: 'apparmor', kind: 'string', summary: 'Refused: an AppArmor profile' },
  { long: 'process-label', kind: 'string', summary: 'Refused: an SELinux label' },
  { long: 'cgroup', kind: 'list', summary: "Refused: a cgroup below the container's" },
];

const UPDATE_FLAGS: readonly FlagSpec[] = [
  { long: 'resources', short: 'r', kind: 'string', word: 'file', summary: 'Take all from a file, or stdin (-)' },
  { long: 'blkio-weight', kind: 'uint', summary: 'Weight of block I/O, 10 to 1000' },
  { long: 'cpu-period', kind: 'uint', summary: 'CFS period, µs' },
  { long: 'cpu-quota', kind: 'int', summary: 'CFS quota, µs; -1: none' },
  { long: 'cpu-rt-period', kind: 'uint', summary: 'Real-time period, µs' },
  { long: 'cpu-rt-runtime', kind: 'int', summary: 'Real-time runtime, µs' },
  { long: 'cpu-share', kind: 'uint', summary: 'CPU shares' },
  { long: 'cpuset-cpus', kind: 'string', summary: 'CPUs (0-3, 0,1)' },
  { long: 'cpuset-mems', kind: 'string', summary: 'Memory nodes' },
  { long: 'memory', kind: 'string', word: 'bytes', summary: 'Memory; -1: no limit' },
  { long: 'memory-reservation', kind: 'string', word: 'bytes', summary: 'Memory to be left with when it is short' },
  { long: 'memory-swap', kind: 'string', word: 'bytes', summary: 'Memory and swap; -1: no limit' },
  { long: 'pids-limit', kind: 'int', summary: 'Processes; -1: no limit' },
];

const FORMAT: FlagSpec = { long: 'format', short: 'f', kind: 'string', summary: 'table or json', fallback: 'table' };

/** In the order of the help. */
export const RUNTIME_COMMANDS: readonly RuntimeCommand[] = [
  {
    name: 'create',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Make a container of a bundle; it waits for start',
    flags: CREATE_FLAGS,
    operands: [1, 1],
    run: create,
  },
  {
    name: 'start',
    usage: 'CONTAINER',
    summary: 'Execute the program of a created container',
    flags: [],
    operands: [1, 1],
    run: ({ runtime, args }) => done(runtime.start(args[0] ?? '')),
  },
  {
    name: 'run',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Create and start a container',
    flags: [
      ...CREATE_FLAGS,
      DETACH,
      { long: 'keep', kind: 'bool', summary: 'Leave the container when it has ended' },
      { long: 'no-subreaper', kind: 'bool', summary: 'Taken: orphans are never adopted' },
    ],
    operands: [1, 1],
    run,
  },
  { name: 'state', usage: 'CONTAINER', summary: 'Print the state', flags: [], operands: [1, 1], run: state },
  {
    name: 'kill',
    usage: '[OPTIONS] CONTAINER [SIGNAL]',
    summary: 'Send a signal to the first process',
    flags: [{ long: 'all', short: 'a', kind: 'bool', summary: 'To all processes' }],
    operands: [1, 2],
    run: kill,
  },
  {
    name: 'delete',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Remove a container that has ended, or was not started',
    flags: [{ long: 'force', short: 'f', kind: 'bool', summary: 'Kill what runs' }],
    operands: [1, 1],
    run: remove,
  },
  {
    name: 'exec',
    usage: '[OPTIONS] CONTAINER [COMMAND ARG...]',
    summary: 'Run one more process in a container',
    flags: EXEC_FLAGS,
    operands: [1, MANY],
    interspersed: false,
    errorCode: 255,
    run: exec,
  },
  {
    name: 'pause',
    usage: 'CONTAINER',
    summary: 'Stop all processes',
    flags: [],
    operands: [1, 1],
    run: ({ runtime, args }) => done(runtime.pause(args[0] ?? '')),
  },
  {
    name: 'resume',
    usage: 'CONTAINER',
    summary: 'Let them go on',
    flags: [],
    operands: [1, 1],
    run: ({ runtime, args }) => done(runtime.resume(args[0] ?? '')),
  },
  {
    name: 'update',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Change the limits',
    flags: UPDATE_FLAGS,
    operands: [1, 1],
    run: update,
  },
  {
    name: 'list',
    usage: '[OPTIONS]',
    summary: 'Print the containers',
    flags: [FORMAT, { long: 'quiet', short: 'q', kind: 'bool', summary: 'Ids only' }],
    operands: [0, 0],
    run: list,
  },
  {
    name: 'ps',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Print the processes of a container',
    flags: [FORMAT],
    operands: [1, 1],
    run: ps,
  },
  {
    name: 'events',
    usage: '[OPTIONS] CONTAINER',
    summary: 'Print statistics again and again',
    flags: [
      { long: 'interval', kind: 'duration', summary: 'Time between two', fallback: '5s' },
      { long: 'stats', kind: 'bool', summary: 'Once' },
    ],
    operands: [1, 1],
    run: events,
  },
  {
    name: 'spec',
    usage: '[OPTIONS]',
    summary: 'Write a config.json to begin with',
    flags: [{ long: 'bundle', short: 'b', kind: 'string', word: 'folder', summary: 'Where', fallback: '.' }],
    operands: [0, 0],
    run: spec,
  },
  {
    name: 'features',
    usage: '',
    summary: 'Print what this runtime can do',
    flags: [],
    operands: [0, 0],
    run: features,
  },
];

async function done(act: Promise<void>): Promise<number> {
  await act;
  return 0;
}
