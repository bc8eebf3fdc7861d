import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatDecimalBytes } from '../../../model/units.js';
import { startRole } from '../../../platform/role-process.js';
import { toUnpackError } from '../unpack-role.js';
import { poolOf } from './device-files.js';
import type { StorageStatus } from './storage-driver.js';

/** Bytes of a block of the pool, and of one of its metadata; thin-pool.h. */
const BLOCK_BYTES = 65_536;
const METADATA_BLOCK_BYTES = 4096;
/** Per cent of both; native/thin.c. */
const FREE_PERCENT = 10;

/** What `info` tells of the pool, in Docker's words. One that has never been used is not made for it. */
export async function readPoolStatus(root: string, program: string): Promise<StorageStatus> {
  const pool = poolOf(root);
  const [data, metadata] = [join(pool, 'data'), join(pool, 'metadata')];
  const files = [
    ['Backing Filesystem', 'ext4'],
    ['Data loop file', data],
    ['Metadata loop file', metadata],
  ] as const;
  if (!existsSync(data)) return files;
  const numbers = await askPool(program, pool);
  const [usedData = 0, allData = 0, usedMetadata = 0, allMetadata = 0, baseBytes = 0] = numbers.map(Number);
  return [
    ['Pool Name', numbers.at(-1) ?? ''],
    ['Pool Blocksize', show(BLOCK_BYTES)],
    ['Base Device Size', show(baseBytes)],
    ...files,
    ...describeSpace('Data', usedData * BLOCK_BYTES, allData * BLOCK_BYTES),
    ...describeSpace('Metadata', usedMetadata * METADATA_BLOCK_BYTES, allMetadata * METADATA_BLOCK_BYTES),
    ['Thin Pool Minimum Free Space', show((allData * BLOCK_BYTES * FREE_PERCENT) / 100)],
    ['Deferred Removal Enabled', 'true'],
  ];
}

/** Whether nothing more can be written. */
export async function isPoolFull(root: string, program: string): Promise<boolean> {
  const [used, all] = await askPool(program, poolOf(root)).catch(() => []);
  return used !== undefined && used === all;
}

/** The words of native/thin.c, `status`. */
async function askPool(program: string, pool: string): Promise<readonly string[]> {
  const role = startRole(program, ['thin', 'status', pool]);
  let text = '';
  for await (const bytes of role.output) text += String(bytes);
  await role.done.catch((error: unknown) => {
    throw toUnpackError(error);
  });
  return text.trim().split(' ');
}

function describeSpace(what: string, used: number, all: number): StorageStatus {
  return [
    [`${what} Space Used`, show(used)],
    [`${what} Space Total`, show(all)],
    [`${what} Space Available`, show(all - used)],
  ];
}

function show(bytes: number): string {
  return formatDecimalBytes(bytes, 4);
}
