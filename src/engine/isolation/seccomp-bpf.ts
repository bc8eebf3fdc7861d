import { EngineError } from '../../model/errors.js';
import type { SeccompAction, SpecSeccomp, SpecSeccompArg } from './oci-spec.js';
import { type SyscallArchitecture, syscallNumbers } from './syscalls.js';

/** One `struct sock_filter`: linux/filter.h. Jumps count from the following instruction. */
interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly jumpTrue?: number;
  readonly jumpFalse?: number;
}

/** What happens at one system call: `rules` in order, else the default; no rules and an action: always that. */
interface Decision {
  readonly action: number;
  readonly rules: readonly ArgumentRule[];
}

interface ArgumentRule {
  readonly action: number;
  readonly args: readonly SpecSeccompArg[];
}

interface Range {
  readonly from: number;
  readonly decision: Decision;
}

const LOAD = 0x20;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const AND = 0x54;
const RETURN = 0x06;

/** Offsets in `struct seccomp_data`. */
const DATA_NUMBER = 0;
const DATA_ARCHITECTURE = 4;
const DATA_ARGUMENTS = 16;

const EPERM = 1;
const ENOSYS = 38;
const ERRNO = 0x0005_0000;
const KILL_PROCESS = 0x8000_0000;
/** The bit that marks a call of the x32 ABI, which comes with the architecture of x86_64. */
const X32_BIT = 0x4000_0000;
const MAX_INSTRUCTIONS = 4096;
const MAX_JUMP = 255;

const ACTIONS: Readonly<Record<SeccompAction, number>> = {
  SCMP_ACT_ALLOW: 0x7fff_0000,
  SCMP_ACT_ERRNO: ERRNO,
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: KILL_PROCESS,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
};

/** AUDIT_ARCH_* and our table for each architecture a filter can hold. linux/audit.h. */
const ARCHITECTURES: ReadonlyMap<string, { readonly audit: number; readonly table: SyscallArchitecture }> = new Map([
  ['SCMP_ARCH_X86_64', { audit: 0xc000_003e, table: 'x64' }],
  ['SCMP_ARCH_X86', { audit: 0x4000_0003, table: 'i386' }],
  ['SCMP_ARCH_AARCH64', { audit: 0xc000_00b7, table: 'arm64' }],
]);

/**
 * A classic BPF program for seccomp(2): per architecture a binary search over ranges of system call numbers. Calls of
 * other architectures kill the process, those of x32 fail with ENOSYS. Throws invalid-argument when it becomes too long.
 */
export function compileSeccomp(seccomp: SpecSeccomp): Buffer {
  const fallback = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const program: Instruction[] = [{ code: LOAD, k: DATA_ARCHITECTURE }];
  for (const name of seccomp.architectures) {
    const architecture = ARCHITECTURES.get(name);
    if (architecture === undefined) {
      continue;
    }
    const block = compileArchitecture(seccomp, architecture.table, fallback);
    program.push({ code: JUMP_EQUAL, k: architecture.audit, jumpTrue: 1 }, { code: JUMP, k: block.length }, ...block);
  }
  program.push({ code: RETURN, k: KILL_PROCESS });
  if (program.length > MAX_INSTRUCTIONS) {
    const size = `${program.length} instructions of at most ${MAX_INSTRUCTIONS}`;
    throw new EngineError('invalid-argument', `seccomp profile is too large: it takes ${size}`);
  }
  return toBytes(program);
}

function compileArchitecture(seccomp: SpecSeccomp, table: SyscallArchitecture, fallback: number): Instruction[] {
  const ranges = joinRanges(decideCalls(seccomp, table, fallback), fallback, newerValue(seccomp, fallback));
  const start: Instruction[] = [{ code: LOAD, k: DATA_NUMBER }];
  if (table === 'x64') {
    start.push({ code: JUMP_GREATER_EQUAL, k: X32_BIT, jumpFalse: 1 }, { code: RETURN, k: ERRNO | ENOSYS });
  }
  return [...start, ...searchRanges(ranges, fallback)];
}

/**
 * What calls newer than all that the profile names get: ENOSYS in place of another error, as runc answers them. A C library that tries a
 * new call takes that for "this kernel has it not" and falls back, where EPERM would be the end of it.
 */
function newerValue({ defaultAction }: SpecSeccomp, fallback: number): number {
  return defaultAction === 'SCMP_ACT_ERRNO' ? ERRNO | ENOSYS : fallback;
}

/** A rule without arguments wins over all that have some; among those the first that fits. */
function decideCalls(seccomp: SpecSeccomp, table: SyscallArchitecture, fallback: number): Map<number, Decision> {
  const numbers = syscallNumbers(table);
  const decisions = new Map<number, Decision>();
  const isFinal = new Set<number>();
  for (const call of seccomp.syscalls) {
    const action = actionValue(call.action, call.errnoRet);
    const rules = splitArguments(call.args ?? []).map((args) => ({ action, args }));
    for (const name of call.names) {
      const number = numbers.get(name);
      if (number === undefined || isFinal.has(number)) {
        continue;
      }
      if (rules.length === 0) {
        decisions.set(number, { action, rules: [] });
        isFinal.add(number);
      } else if (action !== fallback) {
        const before = decisions.get(number)?.rules ?? [];
        decisions.set(number, { action: fallback, rules: [...before, ...rules] });
      }
    }
  }
  return decisions;
}

/** Conditions on different arguments must all hold; several on one argument are alternatives, as in libseccomp's users. */
function splitArguments(args: readonly SpecSeccompArg[]): readonly (readonly SpecSeccompArg[])[] {
  if (args.length === 0) {
    return [];
  }
  const areDistinct = new Set(args.map((arg) => arg.index)).size === args.length;
  return areDistinct ? [args] : args.map((arg) => [arg]);
}

/** Neighbours with the same outcome become one range; what is between the named numbers is the default, what is above them `newer`. */
function joinRanges(decisions: ReadonlyMap<number, Decision>, fallback: number, newer: number): readonly Range[] {
  const other: Decision = { action: fallback, rules: [] };
  const last = Math.max(-1, ...decisions.keys());
  const ranges: Range[] = [{ from: 0, decision: decisions.get(0) ?? other }];
  for (let number = 1; number <= last + 1; number++) {
    const decision = number > last ? { action: newer, rules: [] } : (decisions.get(number) ?? other);
    const before = ranges.at(-1)?.decision;
    const isSame = before?.action === decision.action && before.rules.length === 0 && decision.rules.length === 0;
    if (!isSame) {
      ranges.push({ from: number, decision });
    }
  }
  return ranges;
}

/** Every block ends in returns, so blocks can stand one behind the other and jumps only go forward. */
function searchRanges(ranges: readonly Range[], fallback: number): readonly Instruction[] {
  const middle = Math.ceil(ranges.length / 2);
  const pivot = ranges[middle];
  if (pivot === undefined) {
    const decision = ranges[0]?.decision ?? { action: fallback, rules: [] };
    return decideByArguments(decision.rules, decision.action);
  }
  const low = searchRanges(ranges.slice(0, middle), fallback);
  const high = searchRanges(ranges.slice(middle), fallback);
  if (low.length <= MAX_JUMP) {
    return [{ code: JUMP_GREATER_EQUAL, k: pivot.from, jumpTrue: low.length }, ...low, ...high];
  }
  const jump = { code: JUMP, k: low.length };
  return [{ code: JUMP_GREATER_EQUAL, k: pivot.from, jumpFalse: 1 }, jump, ...low, ...high];
}

function decideByArguments(rules: readonly ArgumentRule[], otherwise: number): readonly Instruction[] {
  const program = rules.flatMap((rule) => {
    let block: readonly Instruction[] = [{ code: RETURN, k: rule.action }];
    for (const arg of rule.args.toReversed()) {
      block = [...testArgument(arg, block.length), ...block];
    }
    return block;
  });
  return [...program, { code: RETURN, k: otherwise }];
}

type Outcome = 'next' | 'pass' | 'fail';

/**
 * Compares a 64-bit argument in two halves, high first. Falls through when the test holds; else jumps over the `rest`
 * instructions of the rule that follow.
 */
function testArgument(arg: SpecSeccompArg, rest: number): readonly Instruction[] {
  const [high, low] = halves(BigInt(arg.value));
  const highOffset = DATA_ARGUMENTS + 8 * arg.index + 4;
  const lowOffset = DATA_ARGUMENTS + 8 * arg.index;
  const steps: Instruction[] = [];
  const jumps = new Map<number, readonly [Outcome, Outcome]>();
  const jump = (code: number, k: number, whenTrue: Outcome, whenFalse: Outcome) => {
    jumps.set(steps.length, [whenTrue, whenFalse]);
    steps.push({ code, k });
  };
  /** `above` where the high half is greater, `below` where it is less; the low half decides between equals. */
  const compare = (above: Outcome, below: Outcome, code: number, whenTrue: Outcome) => {
    steps.push({ code: LOAD, k: highOffset });
    if (above !== below) {
      jump(JUMP_GREATER, high, above, 'next');
    }
    jump(JUMP_EQUAL, high, 'next', below);
    steps.push({ code: LOAD, k: lowOffset });
    jump(code, low, whenTrue, whenTrue === 'pass' ? 'fail' : 'pass');
  };
  switch (arg.op) {
    case 'SCMP_CMP_EQ':
      compare('fail', 'fail', JUMP_EQUAL, 'pass');
      break;
    case 'SCMP_CMP_NE':
      compare('pass', 'pass', JUMP_EQUAL, 'fail');
      break;
    case 'SCMP_CMP_GT':
      compare('pass', 'fail', JUMP_GREATER, 'pass');
      break;
    case 'SCMP_CMP_GE':
      compare('pass', 'fail', JUMP_GREATER_EQUAL, 'pass');
      break;
    case 'SCMP_CMP_LT':
      compare('fail', 'pass', JUMP_GREATER_EQUAL, 'fail');
      break;
    case 'SCMP_CMP_LE':
      compare('fail', 'pass', JUMP_GREATER, 'fail');
      break;
    case 'SCMP_CMP_MASKED_EQ': {
      const [wantedHigh, wantedLow] = halves(BigInt(arg.valueTwo ?? 0));
      steps.push({ code: LOAD, k: highOffset }, { code: AND, k: high });
      jump(JUMP_EQUAL, wantedHigh, 'next', 'fail');
      steps.push({ code: LOAD, k: lowOffset }, { code: AND, k: low });
      jump(JUMP_EQUAL, wantedLow, 'pass', 'fail');
      break;
    }
  }
  return steps.map((step, at) => {
    const outcomes = jumps.get(at);
    const toEnd = steps.length - at - 1;
    const distance = { next: 0, pass: toEnd, fail: toEnd + rest };
    return outcomes ? { ...step, jumpTrue: distance[outcomes[0]], jumpFalse: distance[outcomes[1]] } : step;
  });
}

function halves(value: bigint): readonly [number, number] {
  return [Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn)];
}

/** What the kernel returns: SECCOMP_RET_* with the errno, or the tracer's message, in the low half. */
function actionValue(action: SeccompAction, errnoRet: number | undefined): number {
  const carries = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  return carries ? ACTIONS[action] + (errnoRet ?? EPERM) : ACTIONS[action];
}

function toBytes(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, k, jumpTrue = 0, jumpFalse = 0 }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  }
  return bytes;
}
