import { EngineError } from './errors.js';
import type { Flags } from './flags.js';

/** Where the values of flags come from that name something of the caller. */
export interface CallerContext {
  /** The caller's own environment, for `-e NAME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller's working directory, for relative sources of mounts. */
  readonly workingDir: string;
  /** The texts of the files that `listNamedFiles` names. */
  readonly files: ReadonlyMap<string, string>;
}

/** Files first, then `-e`: what comes later wins. A name without a value that the caller does not have is left out. */
export function parseEnvironment(flags: Flags, caller: CallerContext): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const path of flags.list('env-file')) {
    for (const line of linesOf(caller, path)) {
      const name = line.split('=')[0] ?? '';
      if (name === '' || /\s/.test(name)) {
        const reason = name === '' ? `no variable name on line '${line}'` : `variable '${name}' contains whitespaces`;
        throw new EngineError('invalid-argument', `invalid env file (${path}): ${reason}`);
      }
      setVariable(env, line, caller);
    }
  }
  for (const pair of flags.readAll('env', checkVariable)) {
    setVariable(env, pair, caller);
  }
  return env;
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

function setVariable(env: Record<string, string>, pair: string, caller: CallerContext): void {
  const [name, given] = splitPair(pair);
  const value = given ?? caller.env[name];
  if (value !== undefined) {
    env[name] = value;
  }
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
