import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What bash offers at the end of `gantry LINE`, with the completion script of the program `folder/gantry`. */
export function completeInBash(folder: string, line: string): readonly string[] {
  const script = `
    PATH="$1:$PATH"
    source <(gantry completion bash)
    read -ra COMP_WORDS <<< "gantry $2"
    COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
    _gantry
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, GANTRY_ROOT: join(folder, 'root'), GANTRY_RUN_ROOT: join(folder, 'run') };
  return execFileSync('bash', ['-c', script, 'bash', folder, line], { env, encoding: 'utf8' }).trim().split('\n');
}
