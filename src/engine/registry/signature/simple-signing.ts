import { z } from 'zod/mini';
import { EngineError } from '../../../model/errors.js';
import type { Digest } from '../../../model/ids.js';
import { DOCKER_HUB, type ImageReference } from '../../../model/image-reference.js';
import { toReferrersTag } from '../client/list-referrers.js';

/** cosign, specs/SIGNATURE_SPEC.md, "Payloads" and "Storage". */
export const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';
/** What a signature is as a referrer of its image. */
export const SIGNATURE_ARTIFACT = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const CLAIM = 'cosign container image signature';

const schema = z.object({
  critical: z.object({
    type: z.literal(CLAIM),
    // The spec's example writes it with a capital, cosign itself without.
    image: z.union([
      z.object({ 'docker-manifest-digest': z.string() }),
      z.object({ 'Docker-manifest-digest': z.string() }),
    ]),
  }),
});

/** What is signed: that this digest is meant, under this name. */
export function formatPayload({ domain, path }: Pick<ImageReference, 'domain' | 'path'>, digest: Digest): Buffer {
  const name = `${domain === DOCKER_HUB ? 'index.docker.io' : domain}/${path}`;
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': name },
        image: { 'docker-manifest-digest': digest },
        type: CLAIM,
      },
      optional: null,
    }),
  );
}

/** The digest that a payload is about. Rejects: invalid-argument. */
export function readPayloadDigest(bytes: Uint8Array): string {
  const result = schema.safeParse(parseJson(bytes));
  if (!result.success) throw new EngineError('invalid-argument', 'the payload is no simple signing payload of cosign');
  const { image } = result.data.critical;
  return 'docker-manifest-digest' in image ? image['docker-manifest-digest'] : image['Docker-manifest-digest'];
}

/** Where the signatures of a manifest are: `sha256-HEX.sig`. */
export function toSignatureTag(digest: Digest): string {
  return `${toReferrersTag(digest)}.sig`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // What is no JSON is no payload either.
    return undefined;
  }
}
