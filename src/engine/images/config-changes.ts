import { EngineError } from '../../model/errors.js';
import { type JsonObject, toList, toObject, toText } from '../../model/json-values.js';

/**
 * Applies `--change` instructions, those of a Dockerfile that set an image's defaults, to the `config` object of an image
 * config. Rejects: invalid-argument.
 */
export function applyConfigChanges(config: JsonObject, changes: readonly string[]): JsonObject {
  return changes.reduce(applyChange, config);
}

function applyChange(config: JsonObject, change: string): JsonObject {
  const match = /^\s*(\w+)\s+([\s\S]*\S)\s*$/.exec(change);
  const instruction = match?.[1]?.toUpperCase() ?? '';
  const apply = INSTRUCTIONS[instruction];
  if (apply === undefined || match === null) {
    const allowed = Object.keys(INSTRUCTIONS).join(', ');
    throw new EngineError('invalid-argument', `invalid change "${change}": use ${allowed} and a value`);
  }
  return { ...config, ...apply(match[2] ?? '', config) };
}

type Apply = (value: string, config: JsonObject) => JsonObject;

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (value) => ({ Cmd: parseCommand(value) }),
  ENTRYPOINT: (value) => ({ Entrypoint: parseCommand(value) }),
  ENV: (value, config) => ({ Env: mergeEnv(toList(config['Env']).map(toText), parsePairs(value, 'ENV')) }),
  LABEL: (value, config) => ({
    Labels: { ...toObject(config['Labels']), ...Object.fromEntries(parsePairs(value, 'LABEL')) },
  }),
  EXPOSE: (value, config) => ({
    ExposedPorts: { ...toObject(config['ExposedPorts']), ...Object.fromEntries(value.split(/\s+/).map(toPort)) },
  }),
  VOLUME: (value, config) => ({
    Volumes: { ...toObject(config['Volumes']), ...Object.fromEntries(parseList(value).map((path) => [path, {}])) },
  }),
  USER: (value) => ({ User: value }),
  WORKDIR: (value, config) => ({ WorkingDir: joinWorkdir(toText(config['WorkingDir']), value) }),
  STOPSIGNAL: (value) => ({ StopSignal: value }),
  ONBUILD: (value, config) => ({ OnBuild: [...toList(config['OnBuild']), value] }),
  HEALTHCHECK: (value) => ({ Healthcheck: parseHealthcheck(value) }),
};

/** `["a", "b"]`, or a line for the shell. */
function parseCommand(value: string): readonly string[] {
  return parseJsonList(value) ?? ['/bin/sh', '-c', value];
}

function parseList(value: string): readonly string[] {
  return parseJsonList(value) ?? value.split(/\s+/);
}

function parseJsonList(value: string): readonly string[] | undefined {
  if (!value.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
  } catch {
    // As in a Dockerfile, what is no JSON is a line for the shell.
    return undefined;
  }
}

/** `A=1 B="two words"`, or the old form `A one value`. */
function parsePairs(value: string, instruction: string): readonly (readonly [string, string])[] {
  const words = splitWords(value);
  if (!(words[0] ?? '').includes('=')) {
    const space = value.search(/\s/);
    if (space < 0) throw new EngineError('invalid-argument', `${instruction} must have two arguments`);
    return [[value.slice(0, space), value.slice(space).trim()]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals <= 0) {
      throw new EngineError(
        'invalid-argument',
        `Syntax error - can't find = in "${word}". Must be of the form: name=value`,
      );
    }
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** Words of a line, quotes and backslashes taken away. */
function splitWords(value: string): readonly string[] {
  const words = value.match(/(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'/g, (_, escaped, double, single) => {
      if (escaped !== undefined) return escaped;
      return single ?? String(double).replaceAll(/\\(["\\$])/g, '$1');
    }),
  );
}

function mergeEnv(env: readonly string[], pairs: readonly (readonly [string, string])[]): readonly string[] {
  const merged = new Map(env.map((entry) => [entry.split('=')[0] ?? '', entry]));
  for (const [name, value] of pairs) merged.set(name, `${name}=${value}`);
  return [...merged.values()];
}

function toPort(text: string): readonly [string, object] {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (match === null || Number(match[1]) > 65_535) {
    throw new EngineError('invalid-argument', `invalid containerPort: ${text}`);
  }
  return [`${Number(match[1])}/${(match[2] ?? 'tcp').toLowerCase()}`, {}];
}

function joinWorkdir(current: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${current}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

const DURATION_FLAGS: Readonly<Record<string, string>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};
const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

function parseHealthcheck(value: string): JsonObject {
  if (/^NONE$/i.test(value)) return { Test: ['NONE'] };
  const match = /^((?:--[\w-]+=\S+\s+)*)CMD\s+([\s\S]+)$/i.exec(value);
  if (match === null) throw new EngineError('invalid-argument', `invalid HEALTHCHECK "${value}": use NONE or CMD`);
  const flags = (match[1] ?? '').split(/\s+/).filter((flag) => flag !== '');
  const command = match[2] ?? '';
  const list = parseJsonList(command);
  return {
    ...Object.fromEntries(flags.map(parseHealthcheckFlag)),
    Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list],
  };
}

function parseHealthcheckFlag(flag: string): readonly [string, number] {
  const [name = '', text = ''] = flag.slice(2).split('=');
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const field = DURATION_FLAGS[name];
  if (field !== undefined && match !== null) {
    return [field, Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 0) * 1e9];
  }
  if (name === 'retries' && /^\d+$/.test(text)) return ['Retries', Number(text)];
  throw new EngineError('invalid-argument', `invalid flag of HEALTHCHECK: ${flag}`);
}
