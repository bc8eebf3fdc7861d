import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupLayout } from '../../src/engine/isolation/cgroup/detect.js';
import { compileDeviceProgram } from '../../src/engine/isolation/cgroup/device-program.js';
import { openCgroupDriver } from '../../src/engine/isolation/cgroup/open-driver.js';
import { planV1Devices } from '../../src/engine/isolation/cgroup/v1-limits.js';
import { toDeviceRules } from '../../src/engine/isolation/devices.js';
import type { SpecDeviceRule } from '../../src/engine/isolation/oci-spec.js';
import { kernelFiles } from '../../src/platform/kernel-file.js';
import { isInUserNamespace } from '../../src/platform/proc.js';
import { deviceRuleLists } from '../support/device-rule-lists.js';
import { evaluateDeviceRules, runDeviceProgram } from '../support/device-simulator.js';

const NUMBERS = [0, 1, 3, 5, 10, 42, 136, 200, 255, 0x8000_0000, 0xffff_fffe];
const ACCESSES = ['r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm'];

/** Every attempt on every device of the numbers above. */
function compare(rules: readonly SpecDeviceRule[], name: string): void {
  const program = compileDeviceProgram(rules);
  for (const type of ['b', 'c'] as const) {
    for (const major of NUMBERS) {
      for (const minor of NUMBERS) {
        for (const access of ACCESSES) {
          const attempt = { type, major, minor, access };
          const answer = program === undefined || runDeviceProgram(program, attempt);
          assert.equal(answer, evaluateDeviceRules(rules, attempt), `${name}: ${JSON.stringify(attempt)}`);
        }
      }
    }
  }
}

for (const [name, rules] of Object.entries(deviceRuleLists)) {
  test(`the program of ${name} answers as the rules do`, () => compare(rules, name));
}

test('programs of rules drawn by lot answer as the rules do', () => {
  // A generator of our own, so that a failure comes again: numerical recipes' LCG.
  let state = 4711;
  const draw = <T>(choices: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return choices[state % choices.length] as T;
  };
  for (let list = 0; list < 60; list++) {
    const rules = Array.from({ length: draw([1, 3, 8]) }, (): SpecDeviceRule => {
      const [type, major, minor] = [draw(['a', 'b', 'c'] as const), draw([undefined, 1, 5]), draw([undefined, 3, 5])];
      const numbers = { ...(major !== undefined && { major }), ...(minor !== undefined && { minor }) };
      return { allow: draw([true, false]), type, ...numbers, access: draw(ACCESSES) };
    });
    compare(rules, JSON.stringify(rules));
  }
});

test('a list that allows everything needs no program, one that says nothing denies everything', () => {
  assert.equal(compileDeviceProgram(toDeviceRules([], [], true)), undefined);
  const nothing = compileDeviceProgram([]);
  assert.ok(nothing);
  assert.equal(runDeviceProgram(nothing, { type: 'c', major: 1, minor: 3, access: 'r' }), false);
});

test('a rule that no device can have is refused', () => {
  for (const rule of [
    { allow: true, type: 'c', major: -1, access: 'r' },
    { allow: true, type: 'c', major: 2 ** 32, access: 'r' },
    { allow: true, type: 'c', minor: 1.5, access: 'r' },
    { allow: true, type: 'c', major: 1, access: '' },
    { allow: true, type: 'c', major: 1, access: 'x' },
  ] as const) {
    assert.throws(() => compileDeviceProgram([rule]), { kind: 'invalid-argument' }, JSON.stringify(rule));
  }
});

test('v1 is told to deny all, then each rule in its order', () => {
  const group = { files: kernelFiles, folders: new Map([['devices', '/d']]), path: '/', toMajorMinor: () => '' };
  const writes = (rules: readonly SpecDeviceRule[]) =>
    planV1Devices(group, rules).map(({ path, value }) => `${path} ${value}`);
  const rules = toDeviceRules([], ['c 10:229 rw', 'a 7:* r'], false);
  const lines = writes(rules);
  assert.equal(lines[0], '/d/devices.deny a');
  assert.deepEqual(lines.slice(1, 4), [
    '/d/devices.allow c *:* m',
    '/d/devices.allow b *:* m',
    '/d/devices.allow c 1:3 rwm',
  ]);
  assert.deepEqual(lines.slice(-3), [
    '/d/devices.allow c 10:229 rw',
    '/d/devices.allow b 7:* r',
    '/d/devices.allow c 7:* r',
  ]);
  assert.deepEqual(writes([{ allow: true, access: 'mrw' }]), []);
  assert.deepEqual(
    writes([
      { allow: true, access: 'rwm' },
      { allow: false, type: 'b', major: 8, access: 'w' },
    ]),
    ['/d/devices.deny b 8:* w'],
  );
});

test('files of v1 go before a program on the unified hierarchy, and without either nothing is enforced', () => {
  const place = { mountPoint: '/c', base: '/c' };
  const unified = { ...place, controllers: [] };
  const control = (layout: CgroupLayout) => openCgroupDriver({ layout }).deviceControl;
  const withDevices = new Map([['devices', place]]);
  assert.equal(control({ mode: 'hybrid', v1: withDevices, unified }), 'files');
  assert.equal(control({ mode: 'v1', v1: withDevices }), 'files');
  const without = new Map([['memory', place]]);
  assert.equal(control({ mode: 'v1', v1: without }), 'none');
  // In a user namespace no program can be loaded.
  const expected = isInUserNamespace() ? 'none' : 'program';
  assert.equal(control({ mode: 'hybrid', v1: without, unified }), expected);
  assert.equal(control({ mode: 'v2', v1: new Map(), unified }), expected);
});

test('a rule of another form is refused', () => {
  for (const rule of ['x 1:3 r', 'c 1:3', 'c 1 rwm', 'c 1:3 xyz', 'c 1:3 rwm\na']) {
    assert.throws(() => toDeviceRules([], [rule], false), { kind: 'invalid-argument' }, rule);
  }
});
