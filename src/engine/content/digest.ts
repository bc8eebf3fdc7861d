import { createHash } from 'node:crypto';
import type { Digest } from '../../model/ids.js';

/** The SHA-256 digest of bytes that are at hand whole. OCI image-spec, descriptor.md, "Digests". */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}
