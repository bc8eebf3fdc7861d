import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findNativeProgram } from '../../src/native-program.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

test('gantry-init is what was compiled here, else what the package has for the processor', (t) => {
  const folder = makeTemporaryFolder(t);
  assert.throws(() => findNativeProgram(folder, 'arm64'), {
    kind: 'unavailable',
    message: `there is no gantry-init for arm64 in ${folder}`,
  });
  for (const processor of ['arm64', 'x64']) {
    mkdirSync(join(folder, processor));
    writeFileSync(join(folder, processor, 'gantry-init'), '');
  }
  assert.equal(findNativeProgram(folder, 'arm64'), join(folder, 'arm64/gantry-init'));
  assert.equal(findNativeProgram(folder, 'x64'), join(folder, 'x64/gantry-init'));
  assert.throws(() => findNativeProgram(folder, 'riscv64'));

  writeFileSync(join(folder, 'gantry-init'), '');
  assert.equal(findNativeProgram(folder, 'arm64'), join(folder, 'gantry-init'));
});
