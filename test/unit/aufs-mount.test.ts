import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAufsMount } from '../../src/engine/layers/drivers/aufs-mount.js';

const TAIL = ',dio,xino=/dev/shm/aufs.xino,dirperm1';

test('a root of aufs is the writable branch and its layers, whiteouts as names', () => {
  assert.deepEqual(planAufsMount({ upper: '/c', lowers: ['/l2', '/l1'] }), [`br:/c=rw:/l2=ro+wh:/l1=ro+wh${TAIL}`]);
  assert.deepEqual(planAufsMount({ lowers: ['/l2', '/l1'] }), [`br:/l2=ro+wh:/l1=ro+wh${TAIL}`]);
});

test('branches that have no room in one page of options are appended, in order', () => {
  const lowers = Array.from({ length: 120 }, (_, i) => `/var/lib/gantry/aufs/layers/${String(i).padStart(64, '0')}/fs`);
  const [first = '', ...appended] = planAufsMount({ upper: '/c', lowers });
  assert.ok(first.length <= 4042 && first.endsWith(TAIL));
  assert.ok(appended.length > 0);
  const mounted = first.slice('br:/c=rw:'.length, -TAIL.length).split(':');
  assert.deepEqual(
    [...mounted, ...appended.map((option) => option.replace(/^append:/, ''))],
    lowers.map((path) => `${path}=ro+wh`),
  );
});

test('a path that would be read as more branches is refused', () => {
  for (const path of ['/a:b', '/a,b', '/a=rw', '/a\\b']) {
    assert.throws(() => planAufsMount({ lowers: [path] }), { kind: 'invalid-argument', message: /aufs takes no path/ });
  }
});
