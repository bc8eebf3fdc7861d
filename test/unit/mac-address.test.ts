import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeMacAddress } from '../../src/model/mac-address.js';

test('a hardware address is read in the three ways that Go writes it', () => {
  for (const text of ['02:42:AC:11:00:02', '02-42-ac-11-00-02', '0242.ac11.0002']) {
    assert.equal(normalizeMacAddress(text), '02:42:ac:11:00:02', text);
  }
  for (const text of ['', '02:42:ac:11:00', '02:42-ac:11:00:02', '0242ac110002', '02:42:ac:11:00:0g']) {
    assert.equal(normalizeMacAddress(text), undefined, text);
  }
});
