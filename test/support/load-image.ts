import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { compileProgram } from './compile-program.js';
import { unpackTestRoot } from './test-image.js';

/** A root file system with a real load in it, and the words that start it. */
export interface LoadImage {
  /** The tar to import. */
  readonly tar: string;
  /** Keeps two CPUs busy until it is killed. */
  readonly burn: string;
  /** A program whose child takes more memory than 64 MiB, and which ends when that child has been killed. */
  readonly overflow: readonly string[];
  /** Takes memory until it is killed itself. */
  readonly grow: string;
}

/**
 * Debian with stress-ng from its packages where GANTRY_TEST_BOOTSTRAP is set, which takes minutes and the network; else the
 * host's busybox with a program of the test. Both are a folder, packed by tar.
 */
export function makeLoadImage(folder: string): LoadImage {
  const root = join(folder, 'load-root');
  const tar = join(folder, 'load.tar');
  const isDebian = process.env['GANTRY_TEST_BOOTSTRAP'] !== undefined;
  if (isDebian) {
    const mirror = 'http://deb.debian.org/debian';
    execFileSync('debootstrap', ['--variant=minbase', '--include=stress-ng', 'bookworm', root, mirror], {
      stdio: 'ignore',
    });
  } else {
    unpackTestRoot(root);
    compileProgram('load', root, '-static');
  }
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  return isDebian
    ? {
        tar,
        burn: 'stress-ng --quiet --cpu 2',
        overflow: ['stress-ng', '--vm', '1', '--vm-bytes', '200m', '--vm-populate', '--oomable', '--timeout', '60'],
        grow: 'tail /dev/zero',
      }
    : { tar, burn: '/load 0 spin & /load 0 spin', overflow: ['sh', '-c', '/load 0 grow; true'], grow: '/load 0 grow' };
}
