import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const made: string[] = [];
// What is closed after a test's folder has gone may write into it once more.
process.once('exit', () => made.forEach(remove));

/** A folder of the test's own, removed when it has ended. */
export function makeTemporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
  made.push(folder);
  t.after(() => remove(folder));
  return folder;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
