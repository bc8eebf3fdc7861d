import { Command, type CommanderError, Option } from 'commander';
import type { FlagSpec, FlagValues } from '../model/flags.js';
import { CliError } from './cli-error.js';
import { EXIT_NOT_RUN } from './exit-codes.js';

export interface ParsedArguments {
  readonly args: readonly string[];
  readonly values: FlagValues;
  readonly help: boolean;
}

export interface Grammar {
  readonly flags: readonly FlagSpec[];
  /** False: flags end at the first operand. */
  readonly interspersed: boolean;
}

/** Go's strconv.ParseBool. */
const TRUE_WORDS = ['true', 'True', 'TRUE', 't', 'T', '1'];
const FALSE_WORDS = ['false', 'False', 'FALSE', 'f', 'F', '0'];

const HELP: FlagSpec = { long: 'help', kind: 'bool', summary: 'Print usage' };

/** Parses words by Docker's grammar, with commander. Throws CliError with Docker's words. */
export function parseArguments(grammar: Grammar, words: readonly string[]): ParsedArguments {
  // Where there is no flag nothing is parsed: to load commander and to tell it all flags takes 8 ms.
  const parsed = grammar.interspersed ? words : words.slice(0, 1);
  if (!parsed.some((word) => word.startsWith('-'))) return { args: words, values: {}, help: false };
  const values: Record<string, string | boolean | string[]> = {};
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined })
    .helpOption(false)
    .argument('[operands...]')
    .allowExcessArguments()
    .passThroughOptions(!grammar.interspersed);
  const flags = withHelp(grammar.flags);
  for (const flag of flags) {
    addFlag(command, flag, values);
  }
  addBooleanForms(command, flags, words, values);
  try {
    command.parse([...words], { from: 'user' });
  } catch (error) {
    if (values['help'] !== true) {
      throw toCliError(error, grammar.flags, words);
    }
  }
  return { args: command.args, values, help: values['help'] === true };
}

function withHelp(flags: readonly FlagSpec[]): readonly FlagSpec[] {
  return [...flags, flags.some(({ short }) => short === 'h') ? HELP : { ...HELP, short: 'h' }];
}

function addFlag(command: Command, flag: FlagSpec, values: Record<string, string | boolean | string[]>): void {
  const names = flag.short === undefined ? `--${flag.long}` : `-${flag.short}, --${flag.long}`;
  if (flag.kind === 'bool') {
    listen(command, names, () => {
      values[flag.long] = true;
    });
    return;
  }
  listen(command, `${names} <value>`, (text) => {
    const before = values[flag.long];
    values[flag.long] = flag.kind === 'list' ? [...(Array.isArray(before) ? before : []), text] : text;
  });
}

/** `--flag=false` and its like: commander knows no value of a boolean, so each that was typed is a flag of its own. */
function addBooleanForms(
  command: Command,
  flags: readonly FlagSpec[],
  words: readonly string[],
  values: Record<string, string | boolean | string[]>,
): void {
  for (const word of new Set(words)) {
    const [, name = '', value = ''] = /^--([^=]+)=(.+)$/.exec(word) ?? [];
    const flag = flags.find(({ long, kind }) => kind === 'bool' && long === name);
    const isTrue = TRUE_WORDS.includes(value);
    if (flag === undefined || !(isTrue || FALSE_WORDS.includes(value))) continue;
    listen(command, word, () => {
      values[flag.long] = isTrue;
    });
  }
}

function listen(command: Command, names: string, onValue: (text: string) => void): void {
  const option = new Option(names);
  command.addOption(option);
  command.on(`option:${option.name()}`, onValue);
}

function toCliError(error: unknown, flags: readonly FlagSpec[], words: readonly string[]): unknown {
  if (!isOfCommander(error)) {
    return error;
  }
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.optionMissingArgument') {
    return new CliError(`flag needs an argument: ${nameMissing(quoted, words)}`, EXIT_NOT_RUN, 'usage');
  }
  return new CliError(nameUnknown(quoted, flags), EXIT_NOT_RUN, 'usage');
}

/** Its class is not asked for: commander is loaded with the first flag. */
function isOfCommander(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** `quoted` is commander's `-w, --workdir <value>`; the last word is how it was typed. */
function nameMissing(quoted: string, words: readonly string[]): string {
  const typed = words.at(-1) ?? '';
  return typed.startsWith('--') || !quoted.startsWith('-')
    ? `--${quoted.split('--')[1]?.split(' ')[0] ?? typed}`
    : `'${typed.at(-1)}' in ${typed}`;
}

function nameUnknown(word: string, flags: readonly FlagSpec[]): string {
  const [name = '', value] = word.split('=', 2);
  const flag = flags.find(({ long, kind }) => kind === 'bool' && name === `--${long}`);
  if (flag !== undefined && value !== undefined) {
    const shown = flag.short === undefined ? name : `-${flag.short}, ${name}`;
    return `invalid argument "${value}" for "${shown}" flag: strconv.ParseBool: parsing "${value}": invalid syntax`;
  }
  return word.startsWith('--') ? `unknown flag: ${name}` : `unknown shorthand flag: '${word[1] ?? ''}' in ${word}`;
}
