import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Compares with test/golden/NAME; `npm run golden` writes that file instead. */
export function assertGolden(name: string, actual: string): void {
  const path = join('test', 'golden', name);
  if (process.env['GOLDEN'] === 'write') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  assert.equal(actual, readFileSync(path, 'utf8'), `${path} differs; npm run golden writes it anew`);
}
