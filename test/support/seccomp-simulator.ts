import type { SpecSeccomp, SpecSeccompArg } from '../../src/engine/isolation/oci-spec.js';
import { type SyscallArchitecture, syscallNumbers } from '../../src/engine/isolation/syscalls.js';

/** What a filter is asked: `struct seccomp_data` without the instruction pointer. */
export interface SyscallAttempt {
  /** AUDIT_ARCH_*. */
  readonly audit: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

/** Runs a classic BPF program as the kernel does and gives what it returns. */
export function runFilter(program: Buffer, attempt: SyscallAttempt): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, attempt.number, true);
  data.setUint32(4, attempt.audit, true);
  for (const [index, arg] of attempt.args.entries()) {
    data.setBigUint64(16 + 8 * index, BigInt.asUintN(64, arg), true);
  }
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(at * 8);
    const k = program.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean) => program.readUInt8(at * 8 + (holds ? 2 : 3));
    switch (code) {
      case 0x20:
        accumulator = data.getUint32(k, true);
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05:
        at += k;
        break;
      case 0x15:
        at += jump(accumulator === k);
        break;
      case 0x25:
        at += jump(accumulator > k);
        break;
      case 0x35:
        at += jump(accumulator >= k);
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`instruction ${code} at ${at} is not one a filter may have`);
    }
  }
  throw new Error('the program ends without a return');
}

/** The highest number of a call that the policy names: what is above is newer than the policy. */
export function lastNumber({ syscalls }: SpecSeccomp, architecture: SyscallArchitecture): number {
  const numbers = syscallNumbers(architecture);
  return Math.max(...syscalls.flatMap(({ names }) => names.map((name) => numbers.get(name) ?? -1)));
}

/** What the policy says about a call by its name, without any program: the first rule without arguments, else the first that fits. */
export function evaluatePolicy(seccomp: SpecSeccomp, name: string | undefined, args: readonly bigint[]): number {
  const fallback = toReturn(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const calls = seccomp.syscalls.filter((call) => name !== undefined && call.names.includes(name));
  const plain = calls.find((call) => call.args === undefined);
  const fitting = calls.find(
    (call) => toReturn(call.action, call.errnoRet) !== fallback && call.args?.every((arg) => holds(arg, args)),
  );
  const call = plain ?? fitting;
  return call ? toReturn(call.action, call.errnoRet) : fallback;
}

function holds({ index, op, value, valueTwo }: SpecSeccompArg, args: readonly bigint[]): boolean {
  const given = args[index] ?? 0n;
  const wanted = BigInt(value);
  switch (op) {
    case 'SCMP_CMP_EQ':
      return given === wanted;
    case 'SCMP_CMP_NE':
      return given !== wanted;
    case 'SCMP_CMP_LT':
      return given < wanted;
    case 'SCMP_CMP_LE':
      return given <= wanted;
    case 'SCMP_CMP_GT':
      return given > wanted;
    case 'SCMP_CMP_GE':
      return given >= wanted;
    case 'SCMP_CMP_MASKED_EQ':
      return (given & wanted) === BigInt(valueTwo ?? 0);
  }
}

function toReturn(action: string, errno = 1): number {
  switch (action) {
    case 'SCMP_ACT_ALLOW':
      return 0x7fff0000;
    case 'SCMP_ACT_LOG':
      return 0x7ffc0000;
    case 'SCMP_ACT_ERRNO':
      return 0x00050000 + errno;
    case 'SCMP_ACT_KILL_PROCESS':
      return 0x80000000;
    default:
      throw new Error(`${action} is not expected here`);
  }
}
