import { join } from 'node:path';
import { test } from 'node:test';
import { KEYMAP } from '../../src/ui/keymap.js';
import { assertGolden } from '../support/golden.js';
import { formatKeysDocument } from '../support/keys-document.js';

test('docs/keys.md is made from the table of keys', () => {
  assertGolden(join('..', '..', 'docs', 'keys.md'), formatKeysDocument(KEYMAP));
});
