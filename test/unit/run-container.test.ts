import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainer, runContainer } from '../../src/engine/run-container.js';
import type { PullProgress } from '../../src/model/image.js';
import { FakeEngine } from '../support/fake-engine.js';

test('a container that ends at once is attached and waited for from its first byte', async () => {
  const engine = new FakeEngine();
  const { streams, exit } = await runContainer(engine, {
    config: { image: 'busybox', command: ['sh', '-c', 'echo hi; exit 3'], autoRemove: true },
    attach: { stdout: true, stderr: true },
    pull: 'missing',
  });
  const printed: string[] = [];
  for await (const { bytes } of streams?.output ?? []) {
    printed.push(Buffer.from(bytes).toString());
  }
  assert.equal(printed.join(''), 'hi\n');
  assert.equal((await exit).exitCode, 3);
  assert.deepEqual(await engine.containers.list({ all: true }), []);
});

test('a start that fails rejects, and leaves nothing of a container with --rm', async () => {
  const engine = new FakeEngine();
  const config = { image: 'busybox', command: ['nosuchprogram'], autoRemove: true };
  await assert.rejects(runContainer(engine, { config, pull: 'missing', attach: { stdout: true } }), {
    kind: 'command-not-found',
  });
  assert.deepEqual(await engine.containers.list({ all: true }), []);
});

test('an image that is missing and cannot be pulled is taken from the embedded ones', async () => {
  const engine = new FakeEngine({ images: [] });
  const progress: PullProgress[] = [];
  const onPull = (step: PullProgress) => progress.push(step);
  await createContainer(engine, { config: { image: 'busybox' }, pull: 'missing', onPull });
  assert.match(JSON.stringify(progress), /using the embedded image busybox/);
  assert.equal((await engine.images.inspect('busybox')).embedded, 'busybox');
});

test('an image that is nowhere fails as the pull does, and with pull never as create does', async () => {
  const engine = new FakeEngine({ images: [] });
  const config = { image: 'nosuchimage' };
  await assert.rejects(createContainer(engine, { config, pull: 'missing' }), {
    kind: 'not-found',
    message: 'manifest for nosuchimage:latest not found: manifest unknown',
  });
  await assert.rejects(createContainer(engine, { config, pull: 'never' }), {
    kind: 'not-found',
    message: 'No such image: nosuchimage:latest',
  });
});

test('an image of another platform than is wanted counts as missing', async () => {
  const engine = new FakeEngine();
  const platform = { os: 'linux', architecture: 's390x' };
  const config = { image: 'busybox' };
  await assert.rejects(createContainer(engine, { config, pull: 'never', platform }), {
    kind: 'not-found',
    message:
      'image with reference busybox was found but does not match the specified platform: wanted linux/s390x, actual: linux/amd64',
  });
  await createContainer(engine, { config, pull: 'never', platform: { os: 'linux', architecture: 'x86_64' } });
});
