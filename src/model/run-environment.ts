import { EngineError } from './errors.js';
import type { Flags } from './flags.js';
import { nonEmpty, nonEmptyRecord, omitUndefined } from './omit-undefined.js';

/** What a program's environment is to have, and what it is not to have although the image or the engine would give it. */
export interface Environment {
  readonly env?: Readonly<Record<string, string>>;
  readonly unsetEnv?: readonly string[];
}

/** Where the values of flags come from that name something of the caller. */
export interface CallerContext {
  /** The caller's own environment, for `-e NAME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller's working directory, for relative sources of mounts. */
  readonly workingDir: string;
  /** The texts of the files that `listNamedFiles` names. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Files first, then `-e`: what comes later wins. Of a name without a value the caller's is taken; what the caller does not have is left
 * out where a file names it, and taken away from the program where `-e` does.
 */
export function parseEnvironment(flags: Flags, caller: CallerContext): Environment {
  const ofFiles = flags.list('env-file').flatMap((path) => readVariables(caller, path));
  const ofFlags = flags.readAll('env', checkVariable).map((pair) => withValue(pair, caller) ?? pair);
  return joinEnvironment([...ofFiles, ...ofFlags]);
}

/** `NAME=value`, or a name alone that is to be unset: what comes later wins. */
export function joinEnvironment(pairs: readonly string[]): Environment {
  const all = new Map(pairs.map(splitPair));
  return omitUndefined({
    env: nonEmptyRecord(
      Object.fromEntries([...all].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    ),
    unsetEnv: nonEmpty([...all].flatMap(([name, value]) => (value === undefined ? [name] : []))),
  });
}

/** The labels of `--label-file`, then of `--label`. */
export function parseLabels(flags: Flags, files: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const lines = flags.list('label-file').flatMap((path) => linesOf({ files }, path));
  const labels: Record<string, string> = {};
  for (const pair of [...lines, ...flags.readAll('label', checkLabel)]) {
    const [key, value] = splitPair(pair);
    labels[key] = value ?? '';
  }
  return labels;
}

/** `key=value` pairs as they come with `--sysctl`, `--log-opt`. */
export function splitPair(text: string): readonly [string, string | undefined] {
  const index = text.indexOf('=');
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function linesOf(caller: Pick<CallerContext, 'files'>, path: string): readonly string[] {
  const text = caller.files.get(path);
  if (text === undefined) {
    throw new EngineError('invalid-argument', `open ${path}: no such file or directory`);
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function readVariables(caller: CallerContext, path: string): readonly string[] {
  return linesOf(caller, path).flatMap((line) => {
    const name = line.split('=')[0] ?? '';
    if (name === '' || /\s/.test(name)) {
      const reason = name === '' ? `no variable name on line '${line}'` : `variable '${name}' contains whitespaces`;
      throw new EngineError('invalid-argument', `invalid env file (${path}): ${reason}`);
    }
    return withValue(line, caller) ?? [];
  });
}

/** Undefined where it has no value and the caller has none. */
function withValue(pair: string, caller: CallerContext): string | undefined {
  if (pair.includes('=')) return pair;
  const value = caller.env[pair];
  return value === undefined ? undefined : `${pair}=${value}`;
}

function checkVariable(text: string): string {
  if (text === '' || text.startsWith('=')) {
    throw new EngineError('invalid-argument', `invalid environment variable: ${text}`);
  }
  return text;
}

function checkLabel(text: string): string {
  if (splitPair(text)[0].trim() === '') {
    throw new EngineError('invalid-argument', `invalid label '${text}': empty name`);
  }
  return text;
}
