import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scroll, windowTop } from '../../../src/ui/dialogs/choice-list.js';

test('the chosen row is always in the window, which is full where there are rows enough', () => {
  for (const count of [1, 3, 14, 40]) {
    for (const room of [1, 2, 5, 12]) {
      for (let index = 0; index < count; index++) {
        const top = windowTop(index, room, count);
        assert.ok(top <= index && index < top + room, `${index} of ${count} in ${room} from ${top}`);
        assert.ok(top === 0 || top + room <= count);
      }
    }
  }
});

test('a key leads no further than the first and the last row', () => {
  assert.equal(scroll(0, 'k', 5), 0);
  assert.equal(scroll(4, 'pagedown', 5), 5);
  assert.equal(scroll(3, 'home', 5), 0);
  assert.equal(scroll(3, 'end', 5), 5);
  assert.equal(scroll(3, 'x', 5), 3);
  assert.equal(scroll(0, 'down', -1), 0);
});
