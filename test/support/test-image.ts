import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const APPLETS = [
  'sh',
  'true',
  'false',
  'cat',
  'echo',
  'sleep',
  'ls',
  'id',
  'kill',
  'seq',
  'ps',
  'hostname',
  'env',
  'touch',
  'stty',
  'head',
  'rm',
  'stat',
  'yes',
];

/** A root file system of the host's static busybox and a few files of its own, as a tar. */
export function makeTestRoot(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-test-root-'));
  try {
    unpackTestRoot(join(folder, 'fs'));
    execFileSync('tar', ['-C', join(folder, 'fs'), '-cf', join(folder, 'fs.tar'), '.']);
    return readFileSync(join(folder, 'fs.tar'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same as a folder. */
export function unpackTestRoot(root: string): void {
  for (const name of ['bin', 'etc', 'tmp', 'root', 'data']) mkdirSync(join(root, name), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nguest:x:1000:\naudio:x:29:guest\n');
  writeFileSync(join(root, 'data/seed'), 'from the image\n');
  chmodSync(join(root, 'data'), 0o750);
  writeFileSync(join(root, 'etc/not-a-program'), 'x\n');
}
