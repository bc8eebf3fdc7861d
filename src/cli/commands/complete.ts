import type { RunCommand } from '../command-spec.js';
import { listCandidates } from '../completion/candidates.js';
import { writeOutput } from '../write-output.js';

export const complete: RunCommand = async ({ cli, args }) => {
  const candidates = await listCandidates(cli, args);
  await writeOutput(cli.stdout, candidates.map((word) => `${word}\n`).join(''));
  return 0;
};
