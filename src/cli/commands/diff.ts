import type { RunCommand } from '../command-spec.js';

const LETTERS = { modified: 'C', added: 'A', deleted: 'D' } as const;

export const diff: RunCommand = async ({ cli, args }) => {
  const engine = await cli.engine();
  const changes = await engine.containers.changes(args[0] ?? '');
  await cli.print(changes.map(({ kind, path }) => `${LETTERS[kind]} ${path}\n`).join(''));
  return 0;
};
