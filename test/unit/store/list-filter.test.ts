import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzyDistance } from '../../../src/store/fuzzy.js';
import { createListFilter, FILTER_FORMS } from '../../../src/store/list-filter.js';

const web = {
  text: 'web-1 nginx:1 running',
  names: ['web-1', 'nginx:1'],
  labels: { team: 'shop', 'com.x/tier': 'front=1' },
};
const db = { text: 'db postgres:16 exited', names: ['db', 'postgres:16'], labels: {} };

for (const [filter, isWeb, isDb] of [
  ['', true, true],
  ['NGINX', true, false],
  ['^(web|db)', true, true],
  ['[a', false, false],
  ['!nginx', false, true],
  ['~w1', true, false],
  ['~ngx', true, false],
  // The letters of a word that is no name.
  ['~exited', false, false],
  ['label:team', true, false],
  ['label:team=shop', true, false],
  ['label:team=sho', false, false],
  ['label:com.x/tier=front=1', true, false],
  ['label:toString', false, false],
  ['!label:team', false, true],
  ['label:team web', true, false],
  ['label:team !web', false, false],
  ['!label:team ~pg', false, true],
  // On the way to one.
  ['label:', false, false],
] as const) {
  test(`the filter ${JSON.stringify(filter)} finds what it says`, () => {
    const matches = createListFilter(filter);
    assert.deepEqual([matches(web), matches(db)], [isWeb, isDb]);
  });
}

test('every form of a filter is in the help', () => {
  const forms = FILTER_FORMS.map(([form]) => form);
  for (const begin of ['text', '!', '~', 'label:', '!label:'])
    assert.ok(
      forms.some((form) => form.startsWith(begin)),
      begin,
    );
});

test('fuzzy search prefers the begin of a text or a word, and what stands together', () => {
  const order = (query: string, ...texts: readonly string[]) =>
    texts.toSorted((a, b) => (fuzzyDistance(query, a) ?? 1e9) - (fuzzyDistance(query, b) ?? 1e9));
  assert.deepEqual(order('st', 'restart', 'stop', 's a t'), ['stop', 's a t', 'restart']);
  assert.deepEqual(order('cl', 'uncle', 'command log', 'clear'), ['clear', 'command log', 'uncle']);
  assert.equal(fuzzyDistance('xy', 'yx'), undefined);
  assert.equal(fuzzyDistance('', 'anything'), 0);
});
