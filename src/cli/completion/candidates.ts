import type { Engine } from '../../engine/engine.js';
import type { FlagSpec } from '../../model/flags.js';
import { GROUPS } from '../command-groups.js';
import type { Cli, CommandSpec } from '../command-spec.js';
import { findCommand } from '../find-command.js';
import { shortId } from '../rows/shorten.js';

/** What may stand in place of the last word. The engine is opened only where a name of something in it may. */
export async function listCandidates(cli: Cli, words: readonly string[]): Promise<readonly string[]> {
  const last = words.at(-1) ?? '';
  const candidates = await candidatesFor(cli, words.slice(0, -1), last);
  return [...new Set(candidates)].filter((word) => word.startsWith(last)).sort();
}

async function candidatesFor(cli: Cli, before: readonly string[], last: string): Promise<readonly string[]> {
  const found = findCommand(cli.commands, before);
  if (found === undefined) {
    return commandWords(cli.commands, before);
  }
  const { spec, rest } = found;
  const choices = choicesAfter(spec, rest.at(-1) ?? '');
  if (choices !== undefined) {
    return choices;
  }
  if (last.startsWith('-')) {
    return spec.flags
      .filter(({ hidden, refused }) => hidden !== true && refused === undefined)
      .map(({ long }) => `--${long}`);
  }
  if (found.name === 'completion') {
    return ['bash', 'zsh', 'fish'];
  }
  return spec.completes === undefined ? [] : await namesOf(spec.completes, await cli.engine());
}

/** Groups and commands of one word; within a group, its commands. */
function commandWords(commands: readonly CommandSpec[], before: readonly string[]): readonly string[] {
  const shown = commands.filter(({ hidden }) => hidden !== true).flatMap(({ names }) => names);
  if (before.length === 0) {
    return [...GROUPS.map(({ name }) => name), ...shown.filter((name) => !name.includes(' '))];
  }
  const prefix = `${before.join(' ')} `;
  return shown.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

/** The values of the flag before the cursor; none but known for a flag with any value; undefined where it takes none. */
function choicesAfter(spec: CommandSpec, word: string): readonly string[] | undefined {
  const flag = spec.flags.find((candidate) => isWritten(candidate, word));
  return flag === undefined || flag.kind === 'bool' ? undefined : (flag.choices ?? []);
}

function isWritten({ long, short }: FlagSpec, word: string): boolean {
  return word === `--${long}` || (short !== undefined && word === `-${short}`);
}

async function namesOf(kind: NonNullable<CommandSpec['completes']>, engine: Engine): Promise<readonly string[]> {
  switch (kind) {
    case 'container':
      return (await engine.containers.list({ all: true })).map(({ name }) => name);
    case 'running':
      return (await engine.containers.list()).map(({ name }) => name);
    case 'image':
      return (await engine.images.list()).flatMap(({ id, repoTags }) =>
        repoTags.length === 0 ? [shortId(id)] : repoTags,
      );
    case 'volume':
      return (await engine.volumes.list()).map(({ name }) => name);
    case 'network':
      return (await engine.networks.list()).map(({ name }) => name);
  }
}
