import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder of the test's own, removed when it has ended. */
export function makeTemporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-layers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
