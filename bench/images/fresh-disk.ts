import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

const SIZE = '12G';

/** A new ext4 file system in a sparse file, mounted on a folder. */
export interface FreshDisk {
  readonly folder: string;
  remove(): void;
}

/**
 * What a measurement writes goes to a file system that nobody has used: what was deleted before slows some of them for minutes.
 * `name` is a path on a tmpfs, where the disk itself costs nothing.
 */
export function makeFreshDisk(name: string): FreshDisk {
  const image = `${name}.ext4`;
  mkdirSync(name, { mode: 0o700 });
  execFileSync('truncate', ['-s', SIZE, image]);
  execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,nodiscard', image]);
  execFileSync('mount', ['-o', 'loop', image, name]);
  return {
    folder: name,
    remove() {
      // What a daemon has started may take a moment longer than that to end.
      execFileSync('umount', ['--lazy', name]);
      rmSync(image);
      rmSync(name, { recursive: true });
    },
  };
}
