import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import { driverRoot, STORAGE_DRIVERS } from '../../src/engine/layers/drivers/storage-driver.js';
import type { CheckOptions, CheckStep } from '../../src/model/finding.js';

export type FoundStep = Extract<CheckStep, { kind: 'finding' }>;

/** What a check of an engine's state gives, as a list and as the sums at its end. */
export async function checkEngine({ system }: Engine, options: CheckOptions = {}) {
  const found: FoundStep[] = [];
  for await (const step of system.check?.(options) ?? []) {
    if (step.kind === 'finding') found.push(step);
    if (step.kind !== 'done') continue;
    return { found, kinds: found.map(({ finding }) => finding.kind), ...step };
  }
  throw new Error('the check has no end');
}

/** Nothing is found by a full check. */
export async function assertWhole(engine: Engine, when: string, options: CheckOptions = {}): Promise<void> {
  const { found } = await checkEngine(engine, options);
  assert.deepEqual(found, [], when);
}

/** A state root has no layer, no blob, and nothing on its way. */
export function assertNoContent(root: string): void {
  const layers = STORAGE_DRIVERS.map((name) => join(driverRoot(root, name), 'layers'));
  assert.ok(layers.some((folder) => existsSync(folder)));
  const folders = ['content/blobs/sha256', 'content/ingest', 'staging'].map((folder) => join(root, folder));
  for (const folder of [...folders, ...layers.filter((path) => existsSync(path))]) {
    assert.deepEqual(readdirSync(folder), [], folder);
  }
}
