import { type ContentDigest, isContentDigest } from '../content-digest.js';
import { RegistryError } from '../registry-error.js';

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Rejects: RegistryError 400. */
export function readDigest(text: string): ContentDigest {
  if (isContentDigest(text)) return text;
  throw new RegistryError(
    400,
    'DIGEST_INVALID',
    `invalid digest ${quote(text)}: sha256 and sha512 are known, in lower-case hex`,
  );
}

/** A tag or a digest. Rejects: RegistryError 400. */
export function readReference(text: string): { readonly digest: ContentDigest } | { readonly tag: string } {
  if (text.includes(':')) return { digest: readDigest(text) };
  return { tag: readTag(text) };
}

export function readTag(text: string): string {
  if (TAG.test(text)) return text;
  throw new RegistryError(400, 'MANIFEST_INVALID', `invalid tag ${quote(text)}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 300));
}
