import type { DeviceConfig, SecurityConfig, Ulimit } from './container-config.js';
import { EngineError, messageOf } from './errors.js';
import { type Flags, parseInteger } from './flags.js';
import { nonEmpty, omitUndefined } from './omit-undefined.js';
import { splitPair } from './run-environment.js';

/** `--privileged`, `--read-only`, `--cap-add`, `--cap-drop` and `--security-opt`. `files` has the seccomp profiles' texts. */
export function parseSecurity(flags: Flags, files: ReadonlyMap<string, string>): SecurityConfig {
  const options = flags.list('security-opt').map((text) => parseSecurityOption(text, files));
  return omitUndefined({
    privileged: flags.isSet('privileged') ? true : undefined,
    readOnlyRootfs: flags.isSet('read-only') ? true : undefined,
    capAdd: nonEmpty(flags.list('cap-add')),
    capDrop: nonEmpty(flags.list('cap-drop')),
    ...Object.assign({}, ...options),
  });
}

/** The file that a `--security-opt seccomp=…` names; undefined for the built-in words and other options. */
export function seccompFile(text: string): string | undefined {
  const [key, value] = splitOption(text);
  return key === 'seccomp' && value !== undefined && !['unconfined', 'builtin', ''].includes(value) ? value : undefined;
}

/** One of `--security-opt`; `files` has the texts of the profiles that they name. Throws invalid-argument. */
export function parseSecurityOption(text: string, files: ReadonlyMap<string, string>): SecurityConfig {
  const [key, value] = splitOption(text);
  const invalid = new EngineError('invalid-argument', `Invalid --security-opt: "${text}"`);
  switch (key) {
    case 'no-new-privileges':
      return { noNewPrivileges: readBoolean(value ?? 'true', invalid) };
    case 'seccomp':
      return { seccomp: readSeccomp(value, files, invalid) };
    case 'systempaths':
      if (value !== 'unconfined') {
        throw invalid;
      }
      return { maskedPaths: [], readonlyPaths: [] };
    case 'apparmor':
    case 'label':
      // Neither is there on the kernels Gantry knows; scripts that turn them off get what they ask for.
      if (value === undefined) {
        throw invalid;
      }
      return {};
    default:
      throw invalid;
  }
}

/** `key=value`, or `key:value` as it was written before. */
function splitOption(text: string): readonly [string, string | undefined] {
  return text.includes('=') ? splitPair(text) : splitPair(text.replace(':', '='));
}

function readBoolean(text: string, invalid: EngineError): boolean {
  if (text !== 'true' && text !== 'false') {
    throw invalid;
  }
  return text === 'true';
}

function readSeccomp(value: string | undefined, files: ReadonlyMap<string, string>, invalid: EngineError): string {
  if (value === undefined || value === '') {
    throw invalid;
  }
  if (value === 'unconfined') {
    return value;
  }
  if (value === 'builtin') {
    return 'default';
  }
  const text = files.get(value);
  if (text === undefined) {
    const message = `opening seccomp profile (${value}) failed: open ${value}: no such file or directory`;
    throw new EngineError('invalid-argument', message);
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    const message = `compacting json for seccomp profile (${value}) failed: ${messageOf(cause)}`;
    throw new EngineError('invalid-argument', message, { cause });
  }
  return text;
}

/** `host[:container[:rwm]]`, the value of `--device`. */
export function parseDevice(text: string): DeviceConfig {
  const [hostPath = '', second, third, ...more] = text.split(':');
  if (hostPath === '' || more.length > 0) {
    throw new EngineError('invalid-argument', `invalid device specification: ${text}`);
  }
  const isMode = second !== undefined && third === undefined && isDeviceMode(second);
  const permissions = (isMode ? second : third) ?? 'rwm';
  if (!isDeviceMode(permissions)) {
    throw new EngineError('invalid-argument', `invalid device mode: ${permissions}`);
  }
  return { hostPath, containerPath: isMode || second === undefined || second === '' ? hostPath : second, permissions };
}

function isDeviceMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

/** Such as `c 42:* rmw`, the value of `--device-cgroup-rule`. */
export function parseDeviceRule(text: string): string {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text)) {
    throw new EngineError('invalid-argument', `invalid device cgroup format '${text}'`);
  }
  return text;
}

const ULIMITS: readonly string[] = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

/** `name=soft[:hard]`, the value of `--ulimit`; -1 is unlimited. */
export function parseUlimit(text: string): Ulimit {
  const [name, value] = splitPair(text);
  if (value === undefined) {
    throw new EngineError('invalid-argument', `invalid ulimit argument: ${text}`);
  }
  if (!ULIMITS.includes(name)) {
    throw new EngineError('invalid-argument', `invalid ulimit type: ${name}`);
  }
  const [softText = '', hardText = softText, ...more] = value.split(':');
  if (more.length > 0) {
    throw new EngineError(
      'invalid-argument',
      `too many limit value arguments - ${value}, can only have up to two, \`soft[:hard]\``,
    );
  }
  const soft = parseInteger(softText, 'strconv.ParseInt');
  const hard = parseInteger(hardText, 'strconv.ParseInt');
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    const message = `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`;
    throw new EngineError('invalid-argument', message);
  }
  return { name, soft, hard };
}

const IPC_SYSCTLS: readonly string[] = [
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
];

/** `name=value`, the value of `--sysctl`; only those that belong to a namespace of the container. */
export function parseSysctl(text: string): readonly [string, string] {
  const [name, value] = splitPair(text);
  if (value === undefined || !(IPC_SYSCTLS.includes(name) || /^(fs\.mqueue|net)\./.test(name))) {
    throw new EngineError('invalid-argument', `sysctl '${text}' is not allowed`);
  }
  return [name, value];
}
