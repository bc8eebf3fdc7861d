import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const made = new Set<string>();
// What is closed after a test's folder has gone may write into it once more.
process.once('exit', () => made.forEach(remove));

/** A folder of the test's own, removed when it has ended. */
export function makeTemporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
  made.add(folder);
  t.after(() => removeUnlessBusy(folder));
  return folder;
}

/** A test's hooks run in the order in which they were set up, and none after one that fails: what still writes is closed later than this. */
function removeUnlessBusy(folder: string): void {
  try {
    remove(folder);
  } catch {
    // It goes when the process ends, or is told then.
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
