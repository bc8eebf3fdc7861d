import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHostPressure } from '../../src/engine/host-pressure.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

test('the pressure of the host is what its three files say, and unknown where one is missing', (t) => {
  const folder = makeTemporaryFolder(t);
  const text = (some: number, full: number) =>
    `some avg10=${some} avg60=9.00 avg300=9.00 total=9\nfull avg10=${full} avg60=9.00 avg300=9.00 total=9\n`;
  writeFileSync(join(folder, 'cpu'), text(1.25, 0));
  writeFileSync(join(folder, 'memory'), text(2.5, 1.5));
  assert.equal(readHostPressure(folder), undefined);
  writeFileSync(join(folder, 'io'), text(40.01, 3));
  assert.deepEqual(readHostPressure(folder), {
    cpu: { someAvg10: 1.25, fullAvg10: 0 },
    memory: { someAvg10: 2.5, fullAvg10: 1.5 },
    io: { someAvg10: 40.01, fullAvg10: 3 },
  });
});
