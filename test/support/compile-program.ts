import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Compiles test/support/programs/NAME.c into `folder`; the path of the program. Needs `command:cc`. */
export function compileProgram(name: string, folder: string, ...flags: readonly string[]): string {
  const program = join(folder, name);
  // Tests run from the root of the repository.
  // Libraries among the flags must stand behind the source.
  const source = `test/support/programs/${name}.c`;
  execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-o', program, source, ...flags]);
  return program;
}
