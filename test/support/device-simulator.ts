import type { SpecDeviceRule } from '../../src/engine/isolation/oci-spec.js';

/** What the kernel asks a device program: `access` has letters of `rwm`. */
export interface DeviceAttempt {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  readonly access: string;
}

const TYPES = { b: 1, c: 2 } as const;
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };

/** Runs the instructions that a device program is made of as the kernel does: true where it lets the attempt pass. */
export function runDeviceProgram(program: Buffer, { type, major, minor, access }: DeviceAttempt): boolean {
  const asked = [...access].reduce((bits, letter) => bits | (ACCESS[letter] ?? 0), 0);
  const context = [((asked << 16) | TYPES[type]) >>> 0, major, minor];
  const registers = new Uint32Array(11);
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt8(at * 8);
    const [to, from] = [program.readUInt8(at * 8 + 1) & 0xf, program.readUInt8(at * 8 + 1) >> 4];
    const offset = program.readInt16LE(at * 8 + 2);
    const value = program.readInt32LE(at * 8 + 4);
    const before = registers[to] ?? 0;
    switch (code) {
      case 0x61:
        registers[to] = context[offset / 4] ?? Number.NaN;
        break;
      case 0xbc:
        registers[to] = registers[from] ?? 0;
        break;
      case 0xb4:
        registers[to] = value;
        break;
      case 0x74:
        registers[to] = before >>> value;
        break;
      case 0x54:
        registers[to] = before & value;
        break;
      case 0x16:
        if (before === value >>> 0) at += offset;
        break;
      case 0x56:
        if (before !== value >>> 0) at += offset;
        break;
      case 0x95:
        return registers[0] !== 0;
      default:
        throw new Error(`instruction ${code} at ${at} is not one a device program has`);
    }
  }
  throw new Error('the program ends without an exit');
}

/**
 * What the rules say, without any program: the last rule about that device decides that allows all of the access, together
 * with those beside it on the same numbers, or denies some of it.
 */
export function evaluateDeviceRules(rules: readonly SpecDeviceRule[], attempt: DeviceAttempt): boolean {
  const asked = [...attempt.access];
  for (let last = rules.length - 1; last >= 0; last--) {
    const rule = rules[last];
    if (rule === undefined || !isAbout(rule, attempt)) continue;
    if (!rule.allow && asked.some((letter) => rule.access.includes(letter))) return false;
    const start = rules.findLastIndex((other, at) => at < last && other.allow !== rule.allow) + 1;
    const together = rules.slice(start, last + 1).filter((other) => isAbout(other, attempt) && isSame(other, rule));
    if (rule.allow && asked.every((letter) => together.some(({ access }) => access.includes(letter)))) return true;
  }
  return false;
}

function isAbout({ type = 'a', major, minor }: SpecDeviceRule, attempt: DeviceAttempt): boolean {
  const isOfType = type === 'a' || type === attempt.type;
  return isOfType && (major ?? attempt.major) === attempt.major && (minor ?? attempt.minor) === attempt.minor;
}

function isSame(one: SpecDeviceRule, other: SpecDeviceRule): boolean {
  return one.major === other.major && one.minor === other.minor;
}
