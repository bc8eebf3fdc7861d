import { EngineError } from '../../../model/errors.js';
import type { SpecDeviceRule } from '../oci-spec.js';

/** One rule for one type of node; an absent number is any. */
export interface DeviceRule {
  readonly allow: boolean;
  readonly type: 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly canMake: boolean;
}

/** What is said of every device first, and the rules that come after it. */
export interface DevicePolicy {
  /** The default of the spec is to deny. */
  readonly allowAll: boolean;
  readonly rules: readonly DeviceRule[];
}

const MOST = 0xffff_ffff;

/**
 * The list of OCI's `linux.resources.devices`, which is applied in its order: a rule for everything makes those before it
 * void, and one for both types of node is two. As in cgroup v1, what several rules in a row allow on the same numbers is
 * one rule. Throws invalid-argument for numbers and access that no device can have.
 */
export function toDevicePolicy(list: readonly SpecDeviceRule[]): DevicePolicy {
  const last = list.findLastIndex(isForEverything);
  const rules: DeviceRule[] = [];
  const inRow = new Map<string, number>();
  for (const rule of list.slice(last + 1).flatMap(splitTypes)) {
    if (rules.at(-1)?.allow !== rule.allow) inRow.clear();
    const key = `${rule.type} ${rule.major}:${rule.minor}`;
    const at = inRow.get(key) ?? rules.length;
    rules[at] = joinAccess(rule, rules[at]);
    inRow.set(key, at);
  }
  return { allowAll: list[last]?.allow ?? false, rules };
}

function joinAccess(rule: DeviceRule, other: DeviceRule = rule): DeviceRule {
  return {
    ...rule,
    canRead: rule.canRead || other.canRead,
    canWrite: rule.canWrite || other.canWrite,
    canMake: rule.canMake || other.canMake,
  };
}

function isForEverything({ type = 'a', major, minor, access }: SpecDeviceRule): boolean {
  return type === 'a' && major === undefined && minor === undefined && new Set(access).size === 3;
}

function splitTypes(rule: SpecDeviceRule): readonly DeviceRule[] {
  const { allow, type = 'a', major, minor, access } = rule;
  const isNumber = (number = 0) => Number.isInteger(number) && number >= 0 && number <= MOST;
  if (!/^[rwm]+$/.test(access) || !isNumber(major) || !isNumber(minor)) {
    throw new EngineError('invalid-argument', `invalid device cgroup rule ${JSON.stringify(rule)}`);
  }
  return (type === 'a' ? (['b', 'c'] as const) : [type]).map((one) => ({
    ...{ allow, type: one },
    ...(major !== undefined && { major }),
    ...(minor !== undefined && { minor }),
    canRead: access.includes('r'),
    canWrite: access.includes('w'),
    canMake: access.includes('m'),
  }));
}

/** In the words of cgroup v1: `c 1:3 rwm`. Kernel: admin-guide/cgroup-v1/devices.rst. */
export function formatDeviceRule({ type, major, minor, canRead, canWrite, canMake }: DeviceRule): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${canRead ? 'r' : ''}${canWrite ? 'w' : ''}${canMake ? 'm' : ''}`;
}
