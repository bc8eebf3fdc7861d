import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { killGroup } from '../../src/engine/isolation/cgroup/group-processes.js';
import { kernelFiles } from '../../src/platform/kernel-file.js';

test('a group that goes away while it is killed is empty, and no error', async () => {
  const unified = mkdtempSync(join(tmpdir(), 'gantry-removal-'));
  writeFileSync(join(unified, 'cgroup.kill'), '');
  writeFileSync(join(unified, 'cgroup.events'), 'populated 1\n');
  const vanish = () => rmSync(unified, { recursive: true, force: true });
  // The folder goes between the first look and the watch, as when the monitor removes it.
  const files = {
    ...kernelFiles,
    watch: (path: string, listener: () => void) => {
      vanish();
      return kernelFiles.watch(path, listener);
    },
  };
  try {
    await killGroup({ files, unified, members: unified });
    // Here it goes between the look for cgroup.kill and the write to it.
    let looks = 0;
    await killGroup({ files: { ...kernelFiles, exists: () => looks++ === 0 }, unified, members: unified });
    assert.equal(looks, 2);
  } finally {
    vanish();
  }
});
