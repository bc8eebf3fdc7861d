import { hash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import { type Digest, isDigest } from '../../model/ids.js';

/** The SHA-256 digest of bytes that are at hand whole. OCI image-spec, descriptor.md, "Digests". */
export function digestOf(bytes: Uint8Array): Digest {
  return toDigest(hash('sha256', bytes));
}

/** Of a SHA-256 in hexadecimal digits. Throws internal for anything else. */
export function toDigest(hex: string): Digest {
  const digest = `sha256:${hex}`;
  if (!isDigest(digest)) throw new EngineError('internal', `${digest} is no digest`);
  return digest;
}
