import { EngineError } from '../../../model/errors.js';
import type { DeviceAccess } from './driver.js';

/** What a group may do with a device, in the kernel's words: `c 1:3 rwm`, `*` for any number, `a` for everything. */
export type DeviceRule = string;

/**
 * Docker's defaults: any node may be made, and these opened: null, zero, full, random, urandom, tty, console, ptmx and
 * all of our devpts. /dev/fuse (10:229) is not among them, so a list of what is allowed need not deny it.
 */
const DEFAULT_RULES: readonly DeviceRule[] = [
  'c *:* m',
  'b *:* m',
  'c 1:3 rwm',
  'c 1:5 rwm',
  'c 1:7 rwm',
  'c 1:8 rwm',
  'c 1:9 rwm',
  'c 5:0 rwm',
  'c 5:1 rwm',
  'c 5:2 rwm',
  'c 136:* rwm',
];

const RULE = /^(a|[bc] (?:\d+|\*):(?:\d+|\*)) ([rwm]{1,3})$/;

/** Everything the group may use; what is not in the list is denied. Throws invalid-argument. */
export function listAllowedDevices(access: DeviceAccess): readonly DeviceRule[] {
  const extra = access.extra.map(normalizeRule);
  return access.privileged ? ['a *:* rwm'] : [...new Set([...DEFAULT_RULES, ...extra])];
}

function normalizeRule(rule: string): DeviceRule {
  const text = rule
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replace(/^a \*:\* /, 'a ');
  const match = RULE.exec(text);
  if (match === null) {
    throw new EngineError('invalid-argument', `invalid device cgroup rule format: '${rule}': use TYPE MAJOR:MINOR rwm`);
  }
  return match[1] === 'a' ? 'a *:* rwm' : text;
}
