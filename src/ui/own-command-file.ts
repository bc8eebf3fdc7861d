import { existsSync, readFileSync } from 'node:fs';
import { formatCommandLine } from '../store/command-log-store.js';
import { LIST_NAMES, type ListName } from '../store/view-store.js';

/** A command of the user's for a row of a list. */
export interface OwnCommand {
  readonly name: string;
  readonly context: ListName;
  /** A line of sh with fields of the row: `{{.Name}}`. */
  readonly command: string;
  /** It has the terminal until it ends; else it runs behind the screen, and its output is shown. */
  readonly isForeground: boolean;
}

/** What a command can say of its row. */
export type OwnFields = Readonly<Record<string, string>>;

/** The fields of each list's rows. */
export const OWN_FIELDS: Readonly<Record<ListName, readonly string[]>> = {
  containers: ['ID', 'Name', 'Image', 'Pid', 'Address'],
  images: ['ID', 'Name'],
  volumes: ['Name', 'Mountpoint'],
  networks: ['ID', 'Name', 'Subnet'],
};

const FIELD = /\{\{\s*\.?(\w*)\s*\}\}/g;

/**
 * The commands of a user: `[{ "name": "psql", "context": "containers", "command": "gantry exec -it {{.Name}} psql", "run": "foreground" }]`.
 * Without `run` a command is in the background. None where there is no file. Throws where it cannot be read, or with what is wrong in it.
 */
export function readOwnCommands(path: string): readonly OwnCommand[] {
  return existsSync(path) ? parseOwnCommands(JSON.parse(readFileSync(path, 'utf8'))) : [];
}

/** The commands of a parsed file. Throws as `readOwnCommands`. */
export function parseOwnCommands(file: unknown): readonly OwnCommand[] {
  if (!Array.isArray(file)) throw new Error('the document must be an array of commands');
  return file.map((each: unknown, i) => parseCommand(each, i + 1));
}

function parseCommand(value: unknown, number: number): OwnCommand {
  if (typeof value !== 'object' || value === null) throw new Error(`command ${number} must be an object`);
  const { name, context, command, run = 'background' }: Record<string, unknown> = { ...value };
  if (typeof name !== 'string' || name.trim() === '') throw new Error(`command ${number} has no name`);
  const list = LIST_NAMES.find((each) => each === context);
  if (list === undefined)
    throw new Error(`context of ${name} is none of ${LIST_NAMES.join(', ')}: ${JSON.stringify(context)}`);
  if (typeof command !== 'string' || command.trim() === '') throw new Error(`${name} has no command`);
  if (run !== 'foreground' && run !== 'background')
    throw new Error(`run of ${name} is neither foreground nor background: ${JSON.stringify(run)}`);
  for (const [field, word = ''] of command.matchAll(FIELD)) {
    if (!OWN_FIELDS[list].includes(word))
      throw new Error(
        `${field} of ${name} is unknown; of ${list} there are ${OWN_FIELDS[list].map((each) => `{{.${each}}}`).join(' ')}`,
      );
  }
  return { name, context: list, command, isForeground: run === 'foreground' };
}

/** The line with the fields of a row, each quoted for sh: nobody else's name becomes part of the line. */
export function expandOwnCommand(command: string, fields: OwnFields): string {
  return command.replaceAll(FIELD, (_, word: string) => formatCommandLine([fields[word] ?? '']));
}
