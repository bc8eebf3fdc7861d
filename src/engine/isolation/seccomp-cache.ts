import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpecSeccomp } from './oci-spec.js';

/** Goes up when the compiler would give another program for the same policy. */
const COMPILER_VERSION = 1;

/**
 * The program for a policy: from `folder` where an earlier container had the same one, else compiled and kept there. The
 * key is the policy with its conditions resolved, so profile, capabilities, architecture and kernel are all in it. The compiler is loaded
 * for a policy that is new.
 */
export async function loadSeccompProgram(folder: string, seccomp: SpecSeccomp): Promise<Buffer> {
  const text = JSON.stringify(seccomp, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const key = createHash('sha256').update(`${COMPILER_VERSION} ${text}`).digest('hex');
  const path = join(folder, `${key}.bpf`);
  const kept = readKept(path);
  if (kept !== undefined) {
    return kept;
  }
  const { compileSeccomp } = await import('./seccomp-bpf.js');
  const program = compileSeccomp(seccomp);
  keep(folder, path, program);
  return program;
}

/** A file that is cut off is as good as none. */
function readKept(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > 0 && bytes.length % 8 === 0 ? bytes : undefined;
  } catch {
    // Not there: it is compiled.
    return undefined;
  }
}

function keep(folder: string, path: string, program: Buffer): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.${process.pid}`, program, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The container starts all the same; the next one compiles again.
  }
}
