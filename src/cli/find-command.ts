import type { CommandSpec } from './command-spec.js';

export interface FoundCommand {
  readonly spec: CommandSpec;
  /** As it was typed. */
  readonly name: string;
  readonly rest: readonly string[];
}

/** The command that the words begin with, the longest name first. */
export function findCommand(commands: readonly CommandSpec[], words: readonly string[]): FoundCommand | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const spec = words.length >= length ? commands.find(({ names }) => names.includes(name)) : undefined;
    if (spec !== undefined) {
      return { spec, name, rest: words.slice(length) };
    }
  }
  return undefined;
}
