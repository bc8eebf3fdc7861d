import { createHash, type Hash } from 'node:crypto';

/** `sha256:HEX` or `sha512:HEX`, checked: fit to be a file name. OCI image-spec, descriptor.md, "Registered Algorithms". */
export type ContentDigest = `${DigestAlgorithm}:${string}`;
export type DigestAlgorithm = 'sha256' | 'sha512';

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isContentDigest(text: string): text is ContentDigest {
  return DIGEST.test(text);
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512';
}

export function algorithmOf(digest: ContentDigest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

export function digestBytes(bytes: Uint8Array, algorithm: DigestAlgorithm): ContentDigest {
  return finishDigest(createHash(algorithm).update(bytes), algorithm);
}

/** The hash can be used on. */
export function finishDigest(hash: Hash, algorithm: DigestAlgorithm): ContentDigest {
  return `${algorithm}:${hash.copy().digest('hex')}`;
}
