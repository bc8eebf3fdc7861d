import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../src/platform/run-program.js';
import { collect, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';

test(
  'bootstrap makes a debian image of packages, and says line by line how',
  requires('root', 'overlay', 'command:debootstrap', 'command:curl'),
  async (t) => {
    if (process.env['GANTRY_TEST_BOOTSTRAP'] === undefined) {
      t.skip('takes minutes: set GANTRY_TEST_BOOTSTRAP');
      return;
    }
    const { exitCode } = await runProgram('curl', [
      '-fsSI',
      '-m',
      '5',
      'http://deb.debian.org/debian/dists/bookworm/Release',
    ]);
    if (exitCode !== 0) {
      t.skip('needs the packages of debian');
      return;
    }
    const { root, service } = openImages(t);
    const progress = await collect(service.bootstrap({ distribution: 'debian', reference: 'deb:test' }));
    assert.ok(
      progress.some((step) => step.phase === 'output' && /I: Base system installed successfully/.test(step.text)),
    );
    const image = await service.inspect('deb:test');
    assert.deepEqual(image.config.command, ['bash']);
    assert.ok(image.sizeBytes > 50_000_000);
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
  },
);

test('bootstrap refuses what it does not know, before anything is started', async (t) => {
  const { root, service } = openImages(t);
  await assert.rejects(collect(service.bootstrap({ distribution: 'debian', suite: '--help' })), {
    kind: 'invalid-argument',
  });
  assert.deepEqual(readdirSync(join(root, 'staging')), []);
});
