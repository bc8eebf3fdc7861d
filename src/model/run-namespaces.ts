import type { NamespaceModes } from './container-config.js';
import { EngineError, EngineRefusal } from './errors.js';
import type { Flags } from './flags.js';
import { omitUndefined } from './omit-undefined.js';
import { parseNetworks } from './run-networks.js';

/** `--pid`, `--ipc`, `--uts`, `--userns`, `--cgroupns` and the first `--network`. */
export function parseNamespaces(flags: Flags): NamespaceModes {
  return omitUndefined({
    pid: readMode(flags, 'pid', parsePid),
    ipc: readMode(flags, 'ipc', parseIpc),
    uts: readMode(flags, 'uts', (text) => oneOf(text, ['private', 'host'] as const, '--uts: invalid UTS mode')),
    user: readMode(flags, 'userns', (text) => oneOf(text, ['host', 'remap'] as const, '--userns: invalid USER mode')),
    cgroup: readMode(flags, 'cgroupns', (text) =>
      oneOf(text, ['private', 'host'] as const, '--cgroupns: invalid CGROUP mode'),
    ),
    network: readNetworkMode(flags),
  });
}

/** The word of the first `--network`; absent where none is given. */
function readNetworkMode(flags: Flags): string | undefined {
  const isGiven = flags.list('network').length + flags.list('net').length > 0;
  return isGiven ? parseNetworks(flags)[0]?.network : undefined;
}

function readMode<T>(flags: Flags, name: string, parse: (text: string) => T): T | undefined {
  const text = flags.text(name);
  return text === undefined || text === '' ? undefined : parse(text);
}

function parsePid(text: string): NamespaceModes['pid'] {
  if (isContainer(text)) {
    return checkContainer(text, '--pid: invalid PID mode');
  }
  return oneOf(text, ['private', 'host'] as const, '--pid: invalid PID mode');
}

function parseIpc(text: string): NamespaceModes['ipc'] {
  if (isContainer(text)) {
    return checkContainer(text, new EngineRefusal(`invalid IPC mode: ${text}`));
  }
  return oneOf(text, ['none', 'private', 'shareable', 'host'] as const, new EngineRefusal(`invalid IPC mode: ${text}`));
}

function isContainer(text: string): text is `container:${string}` {
  return text.startsWith('container:');
}

function checkContainer(text: `container:${string}`, refusal: string | EngineRefusal): `container:${string}` {
  if (text === 'container:') {
    throw typeof refusal === 'string' ? new EngineError('invalid-argument', refusal) : refusal;
  }
  return text;
}

function oneOf<const T extends string>(text: string, words: readonly T[], refusal: string | EngineRefusal): T {
  const found = words.find((word) => word === text);
  if (found === undefined) {
    throw typeof refusal === 'string' ? new EngineError('invalid-argument', refusal) : refusal;
  }
  return found;
}
