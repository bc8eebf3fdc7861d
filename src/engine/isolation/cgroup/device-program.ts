import { EngineError } from '../../../model/errors.js';
import type { SpecDeviceRule } from '../oci-spec.js';
import { type DeviceRule, toDevicePolicy } from './device-rules.js';

/** One `struct bpf_insn`: linux/bpf.h. Jumps count from the following instruction. */
interface Instruction {
  readonly code: number;
  readonly to?: number;
  readonly from?: number;
  readonly offset?: number;
  readonly value?: number;
}

/** All on the lower halves of registers: numbers of devices have 32 bits, and the upper bit of a value means itself. */
const LOAD = 0x61;
const MOVE = 0xbc;
const SET = 0xb4;
const SHIFT_RIGHT = 0x74;
const AND = 0x54;
const JUMP_EQUAL = 0x16;
const JUMP_NOT_EQUAL = 0x56;
const EXIT = 0x95;

const RESULT = 0;
const CONTEXT = 1;
const TYPE = 2;
const ASKED = 3;
const MAJOR = 4;
const MINOR = 5;

/** BPF_DEVCG_DEV_* and BPF_DEVCG_ACC_*. */
const TYPES = { b: 1, c: 2 } as const;
const MAKE = 1;
const READ = 2;
const WRITE = 4;

/** `struct bpf_cgroup_dev_ctx`: access and type in one word, major, minor. */
const START: readonly Instruction[] = [
  { code: LOAD, to: TYPE, from: CONTEXT, offset: 0 },
  { code: MOVE, to: ASKED, from: TYPE },
  { code: SHIFT_RIGHT, to: ASKED, value: 16 },
  { code: AND, to: TYPE, value: 0xffff },
  { code: LOAD, to: MAJOR, from: CONTEXT, offset: 4 },
  { code: LOAD, to: MINOR, from: CONTEXT, offset: 8 },
];

/** More are not needed for 6500 devices, and no jump is longer than the kernel's instructions can say. */
const MAX_INSTRUCTIONS = 0x7fff;

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program of OCI's `linux.resources.devices`, with the outcome that runc's has: the last rule
 * decides that allows all that is asked for, or denies some of it; where there is none, everything is denied. A device can be
 * denied among others that are allowed, which cgroup v1 cannot do. Undefined where everything is allowed. Throws
 * invalid-argument for a rule that no device can have, and for too many.
 */
export function compileDeviceProgram(list: readonly SpecDeviceRule[]): Buffer | undefined {
  const { allowAll, rules } = toDevicePolicy(list);
  if (allowAll && rules.length === 0) return undefined;
  const program = [...START, ...splitRows(rules).toReversed().flatMap(compileRow), ...answer(allowAll)];
  if (program.length > MAX_INSTRUCTIONS) {
    const size = `${program.length} instructions of at most ${MAX_INSTRUCTIONS}`;
    throw new EngineError('invalid-argument', `too many device rules: they take ${size}`);
  }
  return toBytes(program);
}

/** Rules in a row that all allow, or all deny: their order among each other does not count. */
function splitRows(rules: readonly DeviceRule[]): readonly (readonly DeviceRule[])[] {
  const rows: DeviceRule[][] = [];
  for (const rule of rules) {
    if (rows.at(-1)?.[0]?.allow === rule.allow) rows.at(-1)?.push(rule);
    else rows.push([rule]);
  }
  return rows;
}

/** Together by type and major number: the kernel follows every path before it takes a program, and gives up after many. */
function compileRow(rules: readonly DeviceRule[]): readonly Instruction[] {
  const groups = Map.groupBy(rules, ({ type, major }) => `${type} ${major}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const block = [first, ...others].flatMap(compileRule);
    return onlyIf(TYPE, TYPES[first.type], onlyIf(MAJOR, first.major, block));
  });
}

/** Falls through where the rule does not decide. */
function compileRule({ allow, minor, canRead, canWrite, canMake }: DeviceRule): readonly Instruction[] {
  const bits = (canRead ? READ : 0) | (canWrite ? WRITE : 0) | (canMake ? MAKE : 0);
  const decision = answer(allow);
  return onlyIf(MINOR, minor, [
    { code: MOVE, to: RESULT, from: ASKED },
    { code: AND, to: RESULT, value: allow ? ~bits : bits },
    { code: allow ? JUMP_NOT_EQUAL : JUMP_EQUAL, to: RESULT, value: 0, offset: decision.length },
    ...decision,
  ]);
}

function onlyIf(register: number, value: number | undefined, block: readonly Instruction[]): readonly Instruction[] {
  return value === undefined ? block : [{ code: JUMP_NOT_EQUAL, to: register, value, offset: block.length }, ...block];
}

function answer(isAllowed: boolean): readonly Instruction[] {
  return [{ code: SET, to: RESULT, value: isAllowed ? 1 : 0 }, { code: EXIT }];
}

function toBytes(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, to = 0, from = 0, offset = 0, value = 0 }] of program.entries()) {
    bytes.writeUInt8(code, index * 8);
    bytes.writeUInt8((from << 4) | to, index * 8 + 1);
    bytes.writeInt16LE(offset, index * 8 + 2);
    bytes.writeInt32LE(value | 0, index * 8 + 4);
  }
  return bytes;
}
