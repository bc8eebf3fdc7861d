import type { RunCommand } from '../command-spec.js';
import { listCandidates } from '../completion/candidates.js';

export const complete: RunCommand = async ({ cli, args }) => {
  const candidates = await listCandidates(cli, args);
  await cli.print(candidates.map((word) => `${word}\n`).join(''));
  return 0;
};
