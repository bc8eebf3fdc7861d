import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextsOf, findBinding, footerBindings, KEYMAP } from '../../../src/ui/keymap.js';

test('no key means two things in one context', () => {
  const seen = new Set<string>();
  for (const { context, keys } of KEYMAP) {
    for (const key of keys) {
      assert.ok(!seen.has(`${context} ${key}`), `${key} twice in ${context}`);
      seen.add(`${context} ${key}`);
    }
  }
  assert.ok(seen.size > 80);
});

test('the nearer context wins and the footer says so', () => {
  const logs = contextsOf('logs', 'stats');
  assert.equal(findBinding(logs, '/')?.command, 'log-search');
  assert.equal(findBinding(contextsOf('containers', 'stats'), '/')?.command, 'filter');
  assert.ok(!footerBindings(logs).some(({ command }) => command === 'filter'));
});
