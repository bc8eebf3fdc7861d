import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('every attack that docs/security.md names is a test', () => {
  const document = readFileSync('docs/security.md', 'utf8');
  const [, checklist = ''] = /^## The checklist$(.*?)^## /ms.exec(document) ?? [];
  const rows = checklist.split('\n').filter((line) => /^\| (?!lesson|-)/.test(line));
  assert.ok(rows.length >= 15, `${rows.length} rows`);
  for (const row of rows) {
    // `FILE`: a part of a title; another one. `FILE`: …
    const attacks = [...row.matchAll(/`([a-z]+\/[a-z-]+)`: (.*?)(?=\. `| \|$)/g)];
    assert.ok(attacks.length > 0, row);
    for (const [, file = '', titles = ''] of attacks) {
      const path = `test/${file}.test.ts`;
      assert.ok(existsSync(path), path);
      const source = readFileSync(path, 'utf8');
      for (const title of titles.split('; ')) assert.ok(source.includes(title), `${path} has no test "…${title}…"`);
    }
  }
});
