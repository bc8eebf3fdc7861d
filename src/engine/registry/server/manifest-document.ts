import { z } from 'zod/mini';
import { EngineError } from '../../../model/errors.js';
import { DOCKER_MANIFEST, isIndexType, isSchema1Type, OCI_INDEX, OCI_MANIFEST } from '../../../model/media-types.js';
import { isContentDigest } from './content-digest.js';

/**
 * What names content. OCI image-spec, descriptor.md. A registry keeps more than the engine reads (model/descriptor.ts): sha512 too,
 * and whatever else a descriptor holds.
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls?: readonly string[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

interface Common {
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** image-spec, manifest.md; Docker's schema 2 alike. */
interface ImageManifest extends Common {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** image-spec, image-index.md; Docker's manifest list alike. */
interface ImageIndex extends Common {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

export type ManifestDocument = ImageManifest | ImageIndex;

const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

const digest = z.string().check(z.refine(isContentDigest, 'is no sha256 or sha512 digest'));
const mediaType = z.string().check(z.regex(MEDIA_TYPE, 'is no media type'));
const annotations = z.optional(z.record(z.string(), z.string()));
const descriptor = z.object({
  mediaType,
  digest,
  size: z.number().check(z.int(), z.gte(0)),
  urls: z.optional(z.array(z.string())),
  annotations,
});
const common = {
  schemaVersion: z.literal(2),
  mediaType: z.optional(z.string()),
  artifactType: z.optional(z.union([mediaType, z.literal('')])),
  subject: z.optional(descriptor),
  annotations,
};
const manifest = z.object({
  ...common,
  config: descriptor,
  layers: z.array(descriptor),
  manifests: z.optional(z.never()),
});
const index = z.object({
  ...common,
  manifests: z.array(descriptor),
  layers: z.optional(z.never()),
  config: z.optional(z.never()),
});

/**
 * Reads the bytes of a manifest or an index. `contentType` is what it came as, without parameters; it must be what the
 * document says of itself, and a document that could be read as both kinds is refused (CVE-2021-41190).
 * Rejects: invalid-argument.
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): ManifestDocument {
  const document = parseJson(bytes);
  const type = findMediaType(document, contentType);
  if (isIndexType(type)) return { kind: 'index', ...check(index, document), mediaType: type };
  if (type === OCI_MANIFEST || type === DOCKER_MANIFEST)
    return { kind: 'manifest', ...check(manifest, document), mediaType: type };
  if (isSchema1Type(type) || document['schemaVersion'] === 1) {
    throw invalid('schema 1 manifests are not supported: push it again with a client of 2017 or later');
  }
  throw invalid(`unknown media type "${type}"`);
}

/** What a manifest is made of: its config and layers, or the manifests of an index. */
export function listParts(document: ManifestDocument): readonly Descriptor[] {
  return document.kind === 'index' ? document.manifests : [document.config, ...document.layers];
}

function parseJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw invalid('it is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is no JSON object');
  return value as Record<string, unknown>;
}

function findMediaType(document: Readonly<Record<string, unknown>>, contentType: string | undefined): string {
  const own = document['mediaType'];
  if (own !== undefined && typeof own !== 'string') throw invalid('mediaType is no text');
  if (own !== undefined && contentType !== undefined && own !== contentType) {
    throw invalid(`its mediaType is "${own}" and it came as "${contentType}"`);
  }
  const known = own ?? contentType;
  if (known !== undefined && known !== '') return known;
  if (Array.isArray(document['manifests'])) return OCI_INDEX;
  return Array.isArray(document['layers']) ? OCI_MANIFEST : DOCKER_MANIFEST;
}

function check<Schema extends z.ZodMiniType>(schema: Schema, document: unknown): z.output<Schema> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(issue === undefined ? 'it is none' : describeIssue(issue));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.') || 'it';
  if (issue.code !== 'invalid_type')
    return `${place} ${issue.code === 'invalid_format' ? issue.message : 'is not allowed'}`;
  return issue.expected === 'never' ? `${place} must not be in it` : `${place} is no ${issue.expected}`;
}

function invalid(reason: string, cause?: unknown): EngineError {
  return new EngineError('invalid-argument', `invalid manifest: ${reason}`, { cause });
}
