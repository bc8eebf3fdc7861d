import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type DeviceGrant, listHostDevices } from '../../src/engine/isolation/devices.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { type ContainerOptions, runContainer, startContainer } from '../support/isolated-container.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'cgroup-unified', 'command:busybox');
/** May be read; the host need not have it. */
const FUSE: DeviceGrant = {
  device: { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
  access: 'r',
};

/** Makes that node, which no container may open by default, and says what comes of it; the kernel asks the rules first. */
const REACH = `
  mknod /tmp/node c 10 229 && echo made
  for mode in '<' '>'; do eval "(: $mode /tmp/node)" 2>&1 | grep -q 'not permitted' || echo "opened $mode"; done
  echo x > /dev/null && echo null`;

async function reach(t: TestContext, options: ContainerOptions = {}): Promise<readonly string[]> {
  const { stdout, stderr } = await runContainer(t, ['sh', '-c', REACH], { ...options, isOnV2: true });
  assert.equal(stderr, '');
  return stdout.trimEnd().split('\n');
}

test('on v2 a container may make any node and opens only its own', needs, async (t) => {
  assert.deepEqual(await reach(t), ['made', 'null']);
});

test('on v2 a device that was given, a rule and --privileged open what they name', needs, async (t) => {
  const withRule: Partial<ContainerConfig> = { deviceCgroupRules: ['c 10:* w'] };
  assert.deepEqual(await reach(t, { spec: { devices: [FUSE] } }), ['made', 'opened <', 'null']);
  assert.deepEqual(await reach(t, { config: withRule }), ['made', 'opened >', 'null']);
  const privileged = { config: { security: { privileged: true } }, spec: { devices: listHostDevices() } };
  assert.deepEqual(await reach(t, privileged), ['made', 'opened <', 'opened >', 'null']);
});

test('on v2 the rules hold for an exec and after a restart, and go with the group', needs, async (t) => {
  const script = `${REACH}; test -e /again && exit 0; touch /again; read line; exit 1`;
  const container = await startContainer(t, ['sh', '-c', script], {
    config: { restartPolicy: { name: 'on-failure', maxRetries: 1 } },
    isOnV2: true,
    stdin: 'open',
  });
  const exec = await container.exec({ command: ['sh', '-c', REACH.replaceAll('/tmp/node', '/tmp/other')] });
  assert.equal(exec.stdout, 'made\nnull\n');
  await container.client.closeStdin();
  const { stdout, stderr } = await container.ended;
  assert.equal(stdout, 'made\nnull\nnull\n');
  assert.equal(stderr, 'mknod: /tmp/node: File exists\n');
  // The monitor tells the exit before it removes the group.
  await waitUntil('the end of the group', () => !existsSync(container.cgroup.paths.v2 ?? ''));
});
