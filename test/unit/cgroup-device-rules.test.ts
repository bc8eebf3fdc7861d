import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAllowedDevices } from '../../src/engine/isolation/cgroup/device-rules.js';

test('a container may make any node and open Docker’s few; extra rules are added once', () => {
  const rules = listAllowedDevices({ privileged: false, extra: ['c 10:229  rwm', 'c 1:3 rwm'] });
  assert.equal(rules.length, 12);
  for (const rule of ['c *:* m', 'b *:* m', 'c 1:3 rwm', 'c 136:* rwm', 'c 10:229 rwm'])
    assert.ok(rules.includes(rule));
  assert.ok(!rules.some((rule) => rule.startsWith('b') && rule !== 'b *:* m'));
});

test('a privileged container may use everything', () => {
  assert.deepEqual(listAllowedDevices({ privileged: true, extra: [] }), ['a *:* rwm']);
});

test('a rule of another form is refused', () => {
  for (const rule of ['x 1:3 r', 'c 1:3', 'c 1 rwm', 'c 1:3 xyz', 'c 1:3 rwm\na']) {
    assert.throws(() => listAllowedDevices({ privileged: false, extra: [rule] }), { kind: 'invalid-argument' }, rule);
  }
});
