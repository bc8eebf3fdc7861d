import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readKeyFile, rebind } from '../../../src/ui/key-file.js';
import { contextsOf, findBinding, footerBindings, KEYMAP } from '../../../src/ui/keymap.js';
import { makeTemporaryFolder } from '../../support/temporary-folder.js';

test('a command has the keys of the file, its own are free, and those of other contexts stay', () => {
  const bindings = rebind(KEYMAP, { containers: { restart: ['ctrl-t', 'Y'], prune: [] }, networks: { prune: 'p' } });
  const containers = contextsOf('containers', 'stats');
  for (const key of ['ctrl-t', 'Y']) assert.equal(findBinding(containers, key, bindings)?.command, 'restart');
  assert.equal(findBinding(containers, 'r', bindings), undefined);
  assert.equal(findBinding(containers, 'P', bindings), undefined);
  assert.equal(findBinding(contextsOf('networks', 'stats'), 'p', bindings)?.command, 'prune');
  assert.equal(findBinding(contextsOf('images', 'stats'), 'P', bindings)?.command, 'prune');
  assert.ok(footerBindings(containers, bindings).some(({ keys }) => keys[0] === 'ctrl-t'));
});

test('two commands can swap their keys', () => {
  const bindings = rebind(KEYMAP, { containers: { restart: 's', 'start-stop': 'r' } });
  assert.equal(findBinding(['containers'], 's', bindings)?.command, 'restart');
  assert.equal(findBinding(['containers'], 'r', bindings)?.command, 'start-stop');
});

for (const [what, file, message] of [
  ['a clash', { containers: { restart: 's' } }, 'in containers the key s is both start-stop and restart'],
  ['an unknown command', { containers: { explode: 'x' } }, /^containers has no command explode$/],
  ['a command of elsewhere', { images: { kill: 'x' } }, 'images has no command kill; it is one of containers'],
  ['an unknown context', { boxes: {} }, /^there is no context boxes; there are everywhere, containers, images, /],
  ['an unknown key', { logs: { 'log-wrap': 'alt-w' } }, /^"alt-w" of log-wrap in logs is no key; keys are x, X, /],
  ['a key that is no text', { logs: { 'log-wrap': [7] } }, /^7 of log-wrap in logs is no key/],
  [
    'what always leaves',
    { everywhere: { copy: 'ctrl-c' } },
    'ctrl-c of copy in everywhere is not free: it always leaves',
  ],
  ['a digit of a value', { tune: { 'tune-max': '0' } }, '0 of tune-max in tune is not free: it begins a typed value'],
  ['escape in a dialog', { menu: { 'menu-close': 'esc' } }, 'esc of menu-close in menu is not free: it always closes'],
  [
    'a character of a form',
    { form: { 'form-submit': 'x' } },
    'x of form-submit in form is not free: it is typed there',
  ],
  ['no object', [], /^the document must be an object/],
  ['a context that is no object', { logs: 'f' }, /^logs must be an object/],
] as const) {
  test(`${what} in the key file is refused and named`, () => {
    assert.throws(() => rebind(KEYMAP, file), { message });
  });
}

test('without a file the keys are those of the table, and one that is no JSON is refused', (t) => {
  const folder = makeTemporaryFolder(t);
  assert.equal(readKeyFile(join(folder, 'keys.json'), KEYMAP), KEYMAP);
  writeFileSync(join(folder, 'keys.json'), '{ "logs": ');
  assert.throws(() => readKeyFile(join(folder, 'keys.json'), KEYMAP), /JSON/);
});
