import type { ContainerConfig, LogConfig } from './container-config.js';
import { EngineError, EngineRefusal } from './errors.js';
import { Flags, type FlagValues } from './flags.js';
import type { Platform } from './image.js';
import { nonEmpty, nonEmptyRecord, omitUndefined } from './omit-undefined.js';
import { parsePlatform } from './platform.js';
import { parseConnections } from './run-connections.js';
import { type CallerContext, parseEnvironment, parseLabels, splitPair } from './run-environment.js';
import { CREATE_FLAGS, RUN_FLAGS } from './run-flags.js';
import { parseHealthcheck } from './run-health.js';
import { parseLimits, parseRestartPolicy } from './run-limits.js';
import { parseLogConfig } from './run-log.js';
import { parseMounts } from './run-mounts.js';
import { parseNamespaces } from './run-namespaces.js';
import { parseDevice, parseDeviceRule, parseSecurity, parseSysctl, parseUlimit, seccompFile } from './run-security.js';
import { parseSignal } from './signals.js';

/** What was typed: `run FLAGS IMAGE COMMAND…`. */
export interface RunRequest {
  readonly flags: FlagValues;
  readonly image: string;
  readonly command: readonly string[];
  readonly caller: CallerContext;
}

/** A container's config, and what concerns the caller alone. */
export interface RunOptions {
  readonly config: ContainerConfig;
  readonly detach: boolean;
  /** Streams the caller wants; with `detach`, none. */
  readonly attach: readonly AttachStream[];
  readonly sigProxy: boolean;
  readonly detachKeys?: string;
  readonly pull: 'always' | 'missing' | 'never';
  readonly platform?: Platform;
  readonly cidfile?: string;
  readonly quiet: boolean;
}

export type AttachStream = 'stdin' | 'stdout' | 'stderr';

/** The files whose texts `parseRunOptions` needs, as they were typed. */
export function listNamedFiles(values: FlagValues): readonly string[] {
  const flags = new Flags(RUN_FLAGS, values);
  const profiles = flags.list('security-opt').map(seccompFile);
  return [...flags.list('env-file'), ...flags.list('label-file'), ...profiles.filter((path) => path !== undefined)];
}

/** The flags of `run` or `create` as a container's config. Throws invalid-argument with Docker's words; FlagError for one flag's text. */
export function parseRunOptions(request: RunRequest): RunOptions {
  const flags = new Flags(CREATE_FLAGS.concat(RUN_FLAGS), request.flags);
  checkFixed(flags);
  const detach = flags.isSet('detach');
  const attach = parseAttach(flags);
  if (detach && flags.list('attach').length > 0) {
    throw new EngineError('invalid-argument', 'conflicting options: cannot specify both --attach and --detach');
  }
  const config = toConfig(flags, request);
  if (config.autoRemove === true && (config.restartPolicy?.name ?? 'no') !== 'no') {
    throw new EngineError('invalid-argument', 'conflicting options: cannot specify both --restart and --rm');
  }
  const stdinOnce = config.openStdin === true && !detach && attach.includes('stdin');
  return omitUndefined({
    config: stdinOnce ? { ...config, stdinOnce } : config,
    detach,
    attach: detach ? [] : attach,
    sigProxy: flags.isOn('sig-proxy'),
    detachKeys: flags.text('detach-keys'),
    pull: parsePull(flags.text('pull') ?? 'missing'),
    platform: flags.read('platform', parsePlatform),
    cidfile: flags.text('cidfile'),
    quiet: flags.isSet('quiet'),
  });
}

function toConfig(flags: Flags, request: RunRequest): ContainerConfig {
  const { caller } = request;
  return omitUndefined({
    image: request.image,
    command: nonEmpty(request.command),
    ...identity(flags),
    ...program(flags, caller),
    ...resources(flags),
    ...parseConnections(flags),
    annotations: nonEmptyRecord(parseAnnotations(flags)),
    labels: nonEmptyRecord(parseLabels(flags, caller.files)),
    mounts: nonEmpty(parseMounts(flags, caller.workingDir)),
    security: nonEmptyRecord(parseSecurity(flags, caller.files)),
    namespaces: nonEmptyRecord(parseNamespaces(flags)),
  });
}

function identity(flags: Flags): Partial<ContainerConfig> {
  return omitUndefined({
    name: flags.text('name')?.replace(/^\//, ''),
    hostname: flags.text('hostname'),
    domainname: flags.text('domainname'),
    autoRemove: flags.isSet('rm') ? true : undefined,
    restartPolicy: readText(flags, 'restart', parseRestartPolicy),
    healthcheck: parseHealthcheck(flags),
    log: parseLog(flags),
  });
}

function program(flags: Flags, caller: CallerContext): Partial<ContainerConfig> {
  const entrypoint = flags.text('entrypoint');
  const stopTimeout = flags.int('stop-timeout');
  return omitUndefined({
    entrypoint: entrypoint === undefined ? undefined : nonEmptyText(entrypoint),
    ...parseEnvironment(flags, caller),
    workingDir: readText(flags, 'workdir', parseWorkingDir),
    user: readText(flags, 'user', (text) => text),
    groupAdd: nonEmpty(flags.list('group-add')),
    tty: flags.isSet('tty') ? true : undefined,
    openStdin: flags.isSet('interactive') ? true : undefined,
    stopSignal: readText(flags, 'stop-signal', checkSignal),
    stopTimeoutMs: stopTimeout === undefined ? undefined : stopTimeout * 1000,
    init: flags.isSet('init') ? true : undefined,
  });
}

function resources(flags: Flags): Partial<ContainerConfig> {
  const sysctls = flags.readAll('sysctl', parseSysctl);
  return omitUndefined({
    limits: nonEmptyRecord(parseLimits(flags)),
    devices: nonEmpty(flags.list('device').map(parseDevice)),
    deviceCgroupRules: nonEmpty(flags.readAll('device-cgroup-rule', parseDeviceRule)),
    ulimits: nonEmpty(flags.readAll('ulimit', parseUlimit)),
    sysctls: sysctls.length === 0 ? undefined : Object.fromEntries(sysctls),
    shmSizeBytes: flags.bytes('shm-size'),
    oomScoreAdj: readOomScore(flags),
    cgroupParent: readText(flags, 'cgroup-parent', (text) => text),
  });
}

/** What there is one choice of. The words are Docker's. */
function checkFixed(flags: Flags): void {
  const refuse = (message: string): never => {
    throw new EngineRefusal(message);
  };
  const isolation = flags.text('isolation') ?? '';
  if (!['', 'default'].includes(isolation)) refuse(`invalid isolation '${isolation}' on linux`);
  const runtime = flags.text('runtime') ?? '';
  if (!['', 'gantry'].includes(runtime)) refuse(`unknown or invalid runtime name: ${runtime}`);
  if (!flags.isOn('disable-content-trust')) {
    refuse('--disable-content-trust=false is not possible: signatures of images are not checked');
  }
}

function parseAnnotations(flags: Flags): Readonly<Record<string, string>> {
  return Object.fromEntries(
    flags.readAll('annotation', (text) => {
      const [key, value] = splitPair(text);
      if (key === '') throw new EngineError('invalid-argument', `invalid annotation: ${text}`);
      return [key, value ?? ''] as const;
    }),
  );
}

function parseAttach(flags: Flags): readonly AttachStream[] {
  const given = flags.readAll('attach', (text) => {
    const name = (['stdin', 'stdout', 'stderr'] as const).find((stream) => stream === text.toLowerCase());
    if (name === undefined) {
      throw new EngineError('invalid-argument', 'valid streams are STDIN, STDOUT and STDERR');
    }
    return name;
  });
  if (given.length > 0) {
    return given;
  }
  return flags.isSet('interactive') ? ['stdin', 'stdout', 'stderr'] : ['stdout', 'stderr'];
}

function parsePull(text: string): RunOptions['pull'] {
  const found = (['always', 'missing', 'never'] as const).find((word) => word === text);
  if (found === undefined) {
    const message = `invalid pull option: '${text}': must be one of "always", "missing" or "never"`;
    throw new EngineError('invalid-argument', message);
  }
  return found;
}

function parseLog(flags: Flags): LogConfig | undefined {
  const options = new Map(flags.list('log-opt').map(splitPair));
  const config = parseLogConfig(flags.text('log-driver'), options);
  return flags.has('log-driver') || options.size > 0 ? config : undefined;
}

function parseWorkingDir(text: string): string {
  if (!text.startsWith('/')) {
    const message = `the working directory '${text}' is invalid, it needs to be an absolute path`;
    throw new EngineRefusal(message);
  }
  return text;
}

function checkSignal(text: string): string {
  if (parseSignal(text) === undefined) {
    throw new EngineRefusal(`invalid signal: ${text}`);
  }
  return text;
}

function readOomScore(flags: Flags): number | undefined {
  const score = flags.int('oom-score-adj');
  if (score !== undefined && (score < -1000 || score > 1000)) {
    const message = `Invalid value ${score}, range for oom score adj is [-1000, 1000]`;
    throw new EngineRefusal(message);
  }
  return score;
}

/** What `parse` makes of a text that is there and not empty; its error stands by itself, without the flag's name. */
function readText<T>(flags: Flags, name: string, parse: (text: string) => T): T | undefined {
  const text = flags.text(name);
  return text === undefined || text === '' ? undefined : parse(text);
}

function nonEmptyText(text: string): readonly string[] {
  return text === '' ? [] : [text];
}
