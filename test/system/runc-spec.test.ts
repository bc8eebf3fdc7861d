import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeRuntimeSpec } from '../../src/engine/containers/runtime-spec.js';
import { formatRuntimeSpec } from '../../src/engine/isolation/spec-text.js';
import { requires } from '../support/requires.js';
import { specInput } from '../support/runtime-spec-input.js';

test(
  'another OCI runtime runs the spec of a container',
  requires('root', 'command:runc', 'command:busybox'),
  async (t) => {
    const bundle = mkdtempSync(join(tmpdir(), 'gantry-runc-'));
    const root = join(bundle, 'rootfs');
    const id = `gantry-test-${process.pid}`;
    const runc = (...args: string[]) => promisify(execFile)('runc', ['--root', join(bundle, 'state'), ...args]);
    t.after(async () => {
      await runc('delete', '--force', id).catch(() => undefined);
      rmSync(bundle, { recursive: true });
    });
    chmodSync(bundle, 0o755);
    for (const name of ['bin', 'proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, name), { recursive: true });
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    symlinkSync('busybox', join(root, 'bin/sh'));
    const script =
      'busybox hostname; busybox awk "/Cap(Eff|Bnd)|Seccomp:/ {print \\$2}" /proc/self/status; ulimit -Hn; pwd';
    const config = { workingDir: '/etc', ulimits: [{ name: 'nofile', soft: 1000, hard: 2000 }] };
    const input = specInput(config, ['sh', '-c', script], { rootPath: root, cgroupsPath: `/${id}` });
    writeFileSync(join(bundle, 'config.json'), formatRuntimeSpec(makeRuntimeSpec(input)));
    const { stdout } = await runc('run', '--bundle', bundle, id);
    assert.deepEqual(stdout.split('\n'), ['tester', '00000000a80425fb', '00000000a80425fb', '2', '2000', '/etc', '']);
  },
);
