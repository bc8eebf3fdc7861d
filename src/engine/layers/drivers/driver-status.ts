import { readFileSystem } from './driver-support.js';
import type { StorageDriver, StorageStatus } from './storage-driver.js';

/** What `info` tells of a driver: Docker's DriverStatus, with the backing file system for those too of which Docker says nothing. */
export async function readStorageStatus(
  { name, changes }: StorageDriver,
  { root, program }: { readonly root: string; readonly program: string },
): Promise<StorageStatus> {
  const backing = ['Backing Filesystem', readFileSystem(root)] as const;
  switch (name) {
    case 'erofs':
    case 'overlay2':
      return [
        backing,
        // What it needs so is refused by the kernel where it is not.
        ['Supports d_type', 'true'],
        ['Using metacopy', 'false'],
        ['Native Overlay Diff', String(changes === 'upper')],
        ['userxattr', 'false'],
      ];
    case 'btrfs':
      return [['Btrfs', ''], backing];
    case 'fuse-overlayfs':
    case 'vfs':
      return [backing];
    case 'devicemapper': {
      const { readPoolStatus } = await import('./pool-status.js');
      return await readPoolStatus(root, program);
    }
  }
}
