import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashForName } from '../../platform/name-hash.js';
import type { SpecSeccomp } from './oci-spec.js';

/** Goes up when the compiler would give another program for the same policy. */
const COMPILER_VERSION = 3;

/** Of policies that are still in use; the default one is one object for each set of capabilities. */
const loaded = new WeakMap<SpecSeccomp, Buffer>();

/**
 * The program for a policy: from `folder` where an earlier container had the same one, else compiled and kept there, behind the policy with
 * its conditions resolved: profile, capabilities, architecture and kernel are all in it. The compiler is loaded for a policy that is new.
 */
export async function loadSeccompProgram(folder: string, seccomp: SpecSeccomp): Promise<Buffer> {
  const known = loaded.get(seccomp);
  if (known !== undefined) return known;
  const text = toText(seccomp);
  const policy = Buffer.from(`${COMPILER_VERSION} ${text}\n`);
  const path = join(folder, `${hashForName(sampleOf(text), 16)}.bpf`);
  const kept = readKept(path, policy);
  const program = kept ?? (await import('./seccomp-bpf.js')).compileSeccomp(seccomp);
  if (kept === undefined) keep(folder, path, [policy, program]);
  loaded.set(seccomp, program);
  return program;
}

/** JSON knows no bigint, which a profile of the user may have; to look for one in each value takes ten times as long. */
function toText(seccomp: SpecSeccomp): string {
  const hasBigint = seccomp.syscalls.some(({ args }) =>
    args?.some(({ value, valueTwo }) => typeof value === 'bigint' || typeof valueTwo === 'bigint'),
  );
  if (!hasBigint) return JSON.stringify(seccomp);
  return JSON.stringify(seccomp, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** Characters of all of it: those of a name need not be more, as the file tells what it is of. */
function sampleOf(text: string): string {
  const step = Math.ceil(text.length / 64);
  return `${text.length} ${Array.from({ length: 64 }, (_, index) => text[index * step] ?? '').join('')}`;
}

/** A file of another policy with the same name, or one that is cut off, is as good as none. */
function readKept(path: string, policy: Buffer): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    const program = bytes.subarray(policy.length);
    const isOfPolicy = bytes.subarray(0, policy.length).equals(policy);
    return isOfPolicy && program.length > 0 && program.length % 8 === 0 ? program : undefined;
  } catch {
    // Not there: it is compiled.
    return undefined;
  }
}

function keep(folder: string, path: string, parts: readonly Buffer[]): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.${process.pid}`, Buffer.concat(parts), { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The container starts all the same; the next one compiles again.
  }
}
