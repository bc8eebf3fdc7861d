import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from './wait-until.js';

/** A disk of its own for a state root, which can be filled up, and made read-only. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves so many bytes free, or all of them. */
  fill(leftBytes: number): void;
  empty(): void;
  remount(mode: 'ro' | 'rw'): void;
  /** After what is on it has been closed; processes that are ending are waited for. */
  remove(): Promise<void>;
}

const RESERVE_BYTES = 262_144;
const ENV = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

/** Mounted at `at`, where there is one; such a folder is the caller's to remove. */
export function makeSmallDisk(sizeMb: number, at?: string): SmallDisk {
  const place = mkdtempSync(join('/dev/shm', 'gantry-disk-'));
  const [image, folder] = [join(place, 'image'), at ?? join(place, 'mount')];
  const filler = join(folder, 'filler');
  const run = (program: string, ...words: readonly string[]) =>
    execFileSync(program, words, { env: ENV, stdio: 'pipe' });
  writeFileSync(image, '');
  truncateSync(image, sizeMb * 2 ** 20);
  mkdirSync(folder, { recursive: true });
  // Nothing is kept for root, as which this runs.
  run('mkfs.ext4', '-q', '-m', '0', image);
  run('mount', '-o', 'loop', image, folder);
  let isMounted = true;
  const remove = async (): Promise<void> => {
    const unmount = () => spawnSync('umount', [folder], { env: ENV, stdio: 'ignore' }).status === 0;
    if (isMounted) await waitUntil(`nobody to use ${folder}`, unmount);
    isMounted = false;
    rmSync(place, { recursive: true, force: true });
  };
  return {
    folder,
    fill: (leftBytes) => {
      const { bavail, bsize } = statfsSync(folder);
      // Where the blocks are noted takes some too.
      run('fallocate', '-l', String(bavail * bsize - Math.max(leftBytes, RESERVE_BYTES)), filler);
      if (leftBytes === 0) spawnSync('sh', ['-c', `cat /dev/zero >> ${filler}`], { stdio: 'ignore' });
    },
    empty: () => rmSync(filler, { force: true }),
    remount: (mode) => void run('mount', '-o', `remount,${mode}`, folder),
    remove,
  };
}
