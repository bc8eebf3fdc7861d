import type { ByteStream } from '../engine.js';
import { streamTar } from '../layers/stream-tar.js';
import { type FileParts, findLayersRoot } from './container-root.js';

/** A tar of the container's whole root, layers merged; what is mounted on it is an empty place. */
export async function exportContainer(parts: FileParts, ref: string): Promise<ByteStream> {
  const record = await Promise.resolve(parts.store.resolve(ref));
  parts.store.tell(record, { action: 'export' });
  return streamTar({ program: parts.program, ...findLayersRoot(parts, record) });
}
