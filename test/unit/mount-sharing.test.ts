import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPropagation } from '../../src/engine/isolation/mount-sharing.js';

const MOUNTINFO = [
  '26 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
  '40 26 0:33 / /tmp rw,relatime shared:5 - tmpfs tmpfs rw',
  '41 26 0:34 / /usr rw,relatime master:5 - tmpfs tmpfs rw',
  '42 26 0:35 / /us rw,relatime shared:7 - tmpfs tmpfs rw',
].join('\n');

const check = (source: string, propagation: Parameters<typeof checkPropagation>[1]) => () =>
  checkPropagation(source, propagation, MOUNTINFO);

test('mounts pass in both directions only from what the host shares', () => {
  assert.doesNotThrow(check('/tmp', 'rshared'));
  assert.doesNotThrow(check('/tmp', 'rslave'));
  assert.doesNotThrow(check('/usr/bin', 'slave'));
  assert.doesNotThrow(check('/etc', 'rprivate'));
  assert.throws(
    check('/usr/bin', 'shared'),
    /^EngineError: path \/usr\/bin is mounted on \/usr but it is not a shared mount$/,
  );
  assert.throws(check('/etc', 'rslave'), /path \/etc is mounted on \/ but it is not a shared or slave mount$/);
});
