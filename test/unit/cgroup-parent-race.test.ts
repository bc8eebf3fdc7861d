import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCgroupDriver } from '../../src/engine/isolation/cgroup/open-driver.js';
import { KernelFileError } from '../../src/platform/kernel-file.js';
import { makeFakeCgroup2 } from '../support/fake-cgroup2.js';

test('a parent whose files go between their opening and their reading or writing is made again', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'gantry-parent-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const { mountPoint, files } = makeFakeCgroup2(scratch);
  const parent = join(mountPoint, 'gantry-test');
  let failures = 0;
  const driver = openCgroupDriver({
    parent: '/gantry-test',
    files: {
      ...files,
      write(path, text) {
        if (path.startsWith(`${parent}/cgroup.`) && failures++ < 2) {
          files.removeDirectory(parent);
          throw new KernelFileError('write', path, Object.assign(new Error('gone'), { code: 'ENODEV' }));
        }
        files.write(path, text);
      },
    },
    layout: { mode: 'v2', v1: new Map(), unified: { mountPoint, base: mountPoint, controllers: ['pids'] } },
  });
  const group = driver.create({ id: 'one' }, { limits: { pidsMax: 5 }, devices: [] });
  assert.equal(group.readLimits({ pidsMax: 5 }).pidsMax, 5);
  assert.ok(failures > 2);
});

test('a parent that another engine removes while a group is made is made again', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'gantry-parent-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const { mountPoint, files } = makeFakeCgroup2(scratch);
  const parent = join(mountPoint, 'gantry-test');
  let removals = 0;
  const driver = openCgroupDriver({
    parent: '/gantry-test',
    files: {
      ...files,
      makeDirectory(path) {
        // Just before the group's own folder is made in it.
        if (path === join(parent, 'one') && removals++ < 2) files.removeDirectory(parent);
        return files.makeDirectory(path);
      },
    },
    layout: { mode: 'v2', v1: new Map(), unified: { mountPoint, base: mountPoint, controllers: ['pids'] } },
  });
  const group = driver.create({ id: 'one' }, { limits: { pidsMax: 5 }, devices: [] });
  assert.equal(group.readLimits({ pidsMax: 5 }).pidsMax, 5);
  assert.equal(removals, 3);
});
