import { EngineError, messageOf } from '../../model/errors.js';
import {
  SECCOMP_ACTIONS,
  SECCOMP_OPERATORS,
  type SpecSeccomp,
  type SpecSeccompArg,
  type SpecSyscall,
} from './oci-spec.js';

/** What the conditions of a profile are held against. */
export interface SeccompTarget {
  /** Names without `CAP_`. */
  readonly capabilities: ReadonlySet<string>;
  readonly architecture: 'x64' | 'arm64';
  readonly kernel: readonly [major: number, minor: number];
}

type Json = Readonly<Record<string, unknown>>;

/** As Go names architectures, which is how profiles write them in `includes` and `excludes`. */
const GO_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const;
const NATIVE = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' } as const;

/**
 * Reads a profile in Docker's JSON (moby profiles, seccomp) and resolves its conditions for one container. Throws
 * invalid-argument with Docker's beginning of the message.
 */
export function parseSeccompProfile(text: string, target: SeccompTarget): SpecSeccomp {
  const profile = asObject(parseJson(text), 'the profile');
  const calls = asArray(profile['syscalls'] ?? [], 'syscalls').map((entry) => asObject(entry, 'an entry of syscalls'));
  const defaultErrnoRet = asOptionalNumber(profile['defaultErrnoRet'], 'defaultErrnoRet');
  return {
    defaultAction: asWord(profile['defaultAction'], SECCOMP_ACTIONS, 'defaultAction'),
    ...(defaultErrnoRet !== undefined && { defaultErrnoRet }),
    architectures: readArchitectures(profile, target),
    syscalls: calls.filter((call) => applies(call, target)).map(readCall),
  };
}

function parseJson(text: string): unknown {
  try {
    // The source text, because a mask of 64 bits does not survive as a double.
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '')
        ? BigInt(context?.source ?? 0)
        : value,
    );
  } catch (cause) {
    const why = messageOf(cause);
    throw new EngineError('invalid-argument', `Decoding seccomp profile failed: ${why}`, { cause });
  }
}

function readArchitectures(profile: Json, { architecture }: SeccompTarget): readonly string[] {
  const listed = asStrings(profile['architectures'] ?? [], 'architectures');
  const map = asArray(profile['archMap'] ?? [], 'archMap').map((entry) => asObject(entry, 'an entry of archMap'));
  if (listed.length > 0 && map.length > 0) {
    fail(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  if (listed.length > 0) {
    return listed;
  }
  const own = map.find((entry) => entry['architecture'] === NATIVE[architecture]);
  return [NATIVE[architecture], ...asStrings(own?.['subArchitectures'] ?? [], 'subArchitectures')];
}

/** All of `includes` must hold and nothing of `excludes` may. */
function applies(call: Json, target: SeccompTarget): boolean {
  const includes = readFilter(call['includes']);
  const excludes = readFilter(call['excludes']);
  const architecture = GO_ARCHITECTURES[target.architecture];
  const isIncluded =
    (includes.arches.length === 0 || includes.arches.includes(architecture)) &&
    includes.caps.every((cap) => target.capabilities.has(cap)) &&
    (includes.minKernel === undefined || isAtLeast(target.kernel, includes.minKernel));
  const isExcluded =
    excludes.arches.includes(architecture) ||
    excludes.caps.some((cap) => target.capabilities.has(cap)) ||
    (excludes.minKernel !== undefined && isAtLeast(target.kernel, excludes.minKernel));
  return isIncluded && !isExcluded;
}

interface Filter {
  readonly caps: readonly string[];
  readonly arches: readonly string[];
  readonly minKernel: readonly [number, number] | undefined;
}

function readFilter(value: unknown): Filter {
  const filter = asObject(value ?? {}, 'a filter');
  const caps = asStrings(filter['caps'] ?? [], 'caps').map((cap) => cap.replace(/^CAP_/, ''));
  const arches = asStrings(filter['arches'] ?? [], 'arches');
  return { caps, arches, minKernel: readKernel(filter['minKernel']) };
}

function readKernel(value: unknown): readonly [number, number] | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const match = /^(\d+)\.(\d+)$/.exec(String(value));
  return match ? [Number(match[1]), Number(match[2])] : fail(`invalid kernel version "${String(value)}"`);
}

function isAtLeast(kernel: readonly [number, number], least: readonly [number, number]): boolean {
  return kernel[0] > least[0] || (kernel[0] === least[0] && kernel[1] >= least[1]);
}

function readCall(call: Json): SpecSyscall {
  const name = call['name'];
  const names = asStrings(call['names'] ?? [], 'names');
  if (typeof name === 'string' && name !== '' && names.length > 0) {
    fail("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  }
  const errnoRet = asOptionalNumber(call['errnoRet'], 'errnoRet');
  const args = asArray(call['args'] ?? [], 'args').map((arg) => readArgument(asObject(arg, 'an entry of args')));
  return {
    names: typeof name === 'string' && name !== '' ? [name] : names,
    action: asWord(call['action'], SECCOMP_ACTIONS, 'action'),
    ...(errnoRet !== undefined && { errnoRet }),
    ...(args.length > 0 && { args }),
  };
}

function readArgument(arg: Json): SpecSeccompArg {
  const index = asOptionalNumber(arg['index'] ?? 0, 'index') ?? 0;
  if (index > 5) {
    fail(`invalid argument index ${index}: a system call has the arguments 0 to 5`);
  }
  return {
    index,
    value: asUint64(arg['value'] ?? 0, 'value'),
    valueTwo: asUint64(arg['valueTwo'] ?? 0, 'valueTwo'),
    op: asWord(arg['op'], SECCOMP_OPERATORS, 'op'),
  };
}

function asObject(value: unknown, what: string): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : fail(`${what} is not an object`);
}

function asArray(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(`${what} is not a list`);
}

function asStrings(value: unknown, what: string): readonly string[] {
  const list = asArray(value, what);
  return list.every((entry) => typeof entry === 'string') ? list : fail(`${what} is not a list of names`);
}

function asWord<Word extends string>(value: unknown, words: readonly Word[], what: string): Word {
  return words.find((word) => word === value) ?? fail(`${what} ${showWord(value)} is not known`);
}

function showWord(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)) ?? 'missing';
}

function asOptionalNumber(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
    ? value
    : fail(`${what} is not a number from 0 to 65535`);
}

function asUint64(value: unknown, what: string): number | bigint {
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  const isLarge = typeof value === 'bigint' && value < 1n << 64n;
  return isNumber || isLarge ? value : fail(`${what} is not a number from 0 to 2^64-1`);
}

function fail(why: string): never {
  throw new EngineError('invalid-argument', `Decoding seccomp profile failed: ${why}`);
}
