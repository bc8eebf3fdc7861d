import { posix } from 'node:path';
import { toByteString } from '../../platform/tar/file-entry.js';
import type { RootSpec } from './root-spec.js';
import { streamTar } from './stream-tar.js';

export interface StreamPathOptions {
  /** Path of gantry-init. */
  readonly program: string;
  readonly root: RootSpec;
  /** In the root. One that ends with `/` or `/.` means what a link there points to. */
  readonly path: string;
  readonly signal?: AbortSignal;
}

/** A tar of what is at a path, its names beginning with the path's last part. Fails with not-found when it is read. */
export function streamPath({ path, ...options }: StreamPathOptions): AsyncGenerator<Buffer> {
  const name = toByteString(posix.basename(posix.resolve('/', path)));
  return streamTar({
    ...options,
    start: path,
    follow: endsInside(path),
    map: (entry) => ({
      ...entry,
      path: joinBytes(name, entry.path),
      target: entry.kind === 'hardlink' ? joinBytes(name, entry.target) : entry.target,
    }),
  });
}

export function endsInside(path: string): boolean {
  return /\/\.?$/.test(path) || path === '.';
}

function joinBytes(name: string, path: string): string {
  return name === '' || path === '' ? name + path : `${name}/${path}`;
}
