import { toDeviceRules } from '../../src/engine/isolation/devices.js';
import type { SpecDeviceRule } from '../../src/engine/isolation/oci-spec.js';

const DENY_ALL: SpecDeviceRule = { allow: false, access: 'rwm' };
const ALLOW_ALL: SpecDeviceRule = { allow: true, access: 'rwm' };

const allow = (type: 'a' | 'b' | 'c', access: string, numbers: Pick<SpecDeviceRule, 'major' | 'minor'> = {}) =>
  ({ allow: true, type, ...numbers, access }) as const;

/** Lists that cgroup v1 and a device program must understand alike. */
export const deviceRuleLists: Readonly<Record<string, readonly SpecDeviceRule[]>> = {
  'no rule': [],
  'Docker’s defaults': toDeviceRules([], [], false),
  'a privileged container': toDeviceRules([], [], true),
  'what --device-cgroup-rule adds': toDeviceRules([], ['c 1:* r', 'b *:* rm', 'a 7:0 w', 'c *:9 rw'], false),
  'access in two rules of one device': [
    DENY_ALL,
    allow('c', 'r', { major: 1, minor: 3 }),
    allow('c', 'w', { major: 1, minor: 3 }),
  ],
  'access in rules of one device and of many': [
    DENY_ALL,
    allow('c', 'r', { major: 1 }),
    allow('c', 'w', { major: 1, minor: 3 }),
  ],
  'a list that denies': [
    ALLOW_ALL,
    { allow: false, type: 'c', major: 1, minor: 3, access: 'w' },
    { allow: false, type: 'b', access: 'rwm' },
  ],
  'a rule taken back': [
    DENY_ALL,
    allow('c', 'rwm', { major: 1, minor: 3 }),
    allow('c', 'rwm', { major: 1, minor: 5 }),
    { allow: false, type: 'c', major: 1, minor: 3, access: 'wm' },
  ],
  'rules before one for everything': [allow('c', 'rwm', { major: 1 }), DENY_ALL, allow('c', 'r', { minor: 5 })],
};
