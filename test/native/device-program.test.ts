import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compileDeviceProgram } from '../../src/engine/isolation/cgroup/device-program.js';
import type { Cgroup } from '../../src/engine/isolation/cgroup/driver.js';
import type { SpecDeviceRule } from '../../src/engine/isolation/oci-spec.js';
import { STDOUT } from '../support/attach-client.js';
import { openRealWorld, openUnifiedWorld } from '../support/cgroup-worlds.js';
import { compileProgram } from '../support/compile-program.js';
import { deviceRuleLists } from '../support/device-rule-lists.js';
import { evaluateDeviceRules } from '../support/device-simulator.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'cgroup-unified', 'command:cc');

/** Devices that are there or not, of drivers that are: for one that is not, a kernel may look for a module first. */
const DEVICES = ['c:1:3', 'c:1:5', 'c:1:9', 'c:1:200', 'c:136:200', 'b:7:0', 'b:7:9'];
const ATTEMPTS = DEVICES.flatMap((device) => ['m', 'r', 'w', 'rw'].map((access) => `${device}:${access}`));

interface Reach {
  readonly folder: string;
  readonly program: string;
}

function makeReach(t: TestContext): Reach {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-devices-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'nodes'));
  for (const device of DEVICES) {
    const [type = '', major = '', minor = ''] = device.split(':');
    execFileSync('mknod', [join(folder, 'nodes', device.replaceAll(':', '-')), type, major, minor]);
  }
  return { folder: join(folder, 'nodes'), program: compileProgram('device-reach', folder) };
}

/** What a process of the group can do, a letter an attempt. */
async function reachIn(t: TestContext, reach: Reach, cgroup: Cgroup, deviceProgram?: Buffer): Promise<string> {
  const { v1, v2 } = cgroup.paths;
  const monitor = startMonitor(t, {
    command: [reach.program, reach.folder, ...ATTEMPTS],
    settings: [
      ['clone', 'pid', 'mnt'],
      ...(v1.length === 0 ? [] : [['cgroup-v1', ...v1] as const]),
      ...(v2 === undefined ? [] : [['cgroup-v2', v2] as const]),
      ...(deviceProgram ? [['device-program', deviceProgram] as const] : []),
    ],
    firstClient: STDOUT,
  });
  const status = await monitor.readStatus();
  assert.ok('started' in status, JSON.stringify(status));
  const exit = await monitor.firstClient?.waitForExit();
  assert.equal(exit?.['exitCode'], 0);
  return monitor.firstClient?.output(1).toString() ?? '';
}

function expected(rules: readonly SpecDeviceRule[]): string {
  return ATTEMPTS.map((text) => {
    const [type, major, minor, access = ''] = text.split(':');
    const attempt = { type: type === 'b' ? 'b' : 'c', major: Number(major), minor: Number(minor), access } as const;
    return evaluateDeviceRules(rules, attempt) ? 'y' : 'n';
  }).join('');
}

test('the kernel enforces a device program as its rules say', needs, async (t) => {
  const world = openUnifiedWorld();
  t.after(() => world.close());
  const reach = makeReach(t);
  for (const [name, rules] of Object.entries(deviceRuleLists)) {
    const cgroup = world.driver.create({ id: 'one' }, { limits: {}, devices: rules });
    assert.equal(await reachIn(t, reach, cgroup, compileDeviceProgram(rules)), expected(rules), name);
    await cgroup.remove();
  }
});

test(
  'the files of v1 enforce the same lists in the same way',
  requires('root', 'cgroup-v1', 'command:cc'),
  async (t) => {
    const world = openRealWorld({ unified: false });
    t.after(() => world.close());
    const reach = makeReach(t);
    for (const [name, rules] of Object.entries(deviceRuleLists)) {
      const cgroup = world.driver.create({ id: 'one' }, { limits: {}, devices: rules });
      assert.equal(await reachIn(t, reach, cgroup), expected(rules), name);
      await cgroup.remove();
    }
  },
);

test('a program denies what v1 cannot: one device among allowed ones', needs, async (t) => {
  const world = openUnifiedWorld();
  t.after(() => world.close());
  const rules: readonly SpecDeviceRule[] = [
    { allow: true, type: 'c', major: 1, access: 'rwm' },
    { allow: false, type: 'c', major: 1, minor: 5, access: 'w' },
    { allow: true, type: 'c', minor: 200, access: 'r' },
    { allow: true, type: 'c', major: 136, access: 'w' },
  ];
  const cgroup = world.driver.create({ id: 'one' }, { limits: {}, devices: rules });
  assert.equal(await reachIn(t, makeReach(t), cgroup, compileDeviceProgram(rules)), expected(rules));
});

test('the kernel takes the rules of a thousand devices', needs, async (t) => {
  const world = openUnifiedWorld();
  t.after(() => world.close());
  const rules = Array.from({ length: 1000 }, (_, i) => {
    return { allow: true, type: 'c', major: 10 + (i % 40), minor: i, access: 'rwm' } as const;
  });
  const cgroup = world.driver.create({ id: 'one' }, { limits: {}, devices: rules });
  assert.equal(await reachIn(t, makeReach(t), cgroup, compileDeviceProgram(rules)), expected(rules));
});

test('a kernel that refuses the program lets nothing start', needs, async (t) => {
  const world = openUnifiedWorld();
  t.after(() => world.close());
  const cgroup = world.driver.create({ id: 'one' }, { limits: {}, devices: [] });
  const monitor = startMonitor(t, {
    command: ['true'],
    settings: [
      ['clone', 'pid', 'mnt'],
      ['cgroup-v2', cgroup.paths.v2 ?? ''],
      // An exit without a result.
      ['device-program', Buffer.from('9500000000000000', 'hex')],
    ],
  });
  const { failed } = (await monitor.readStatus()) as { readonly failed: Readonly<Record<string, string>> };
  assert.deepEqual(
    [failed['operation'], failed['target'], failed['errno']],
    ['device-program', cgroup.paths.v2, 'EACCES'],
  );
  assert.match(failed['message'] ?? '', /the kernel does not take the device rules \(BPF_PROG_TYPE_CGROUP_DEVICE\)/);
  assert.deepEqual(monitor.journal(), []);
});
