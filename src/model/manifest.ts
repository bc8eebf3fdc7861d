import { type Descriptor, parseAnnotations, parseDescriptor } from './descriptor.js';
import { EngineError } from './errors.js';
import { parseJson, toList, toObject, toText } from './json-values.js';
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  isIndexType,
  isSchema1Type,
  MANIFEST_TYPES,
  OCI_INDEX,
  OCI_MANIFEST,
} from './media-types.js';

/** A manifest as it was read: of one image, or an index of several. OCI image-spec, manifest.md and image-index.md */
export type Manifest = ImageManifest | ImageIndex;

interface ManifestFields {
  readonly mediaType: string;
  readonly artifactType?: string;
  /** The manifest that this one is about: a signature, an attestation. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageManifest extends ManifestFields {
  readonly kind: 'image';
  readonly config: Descriptor;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex extends ManifestFields {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/** The most bytes a manifest may have: what OCI distribution-spec asks registries to take, "Pushing Manifests". */
export const MANIFEST_BYTES_MAX = 4 << 20;
const ENTRIES_MAX = 4096;

/**
 * Reads a manifest that was sent as `contentType`; absent where nobody said. Rejects: invalid-argument for what is none, is
 * larger than 4 MiB, or could be read as two things, which different programs would take for different images (CVE-2021-41190).
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): Manifest {
  if (bytes.length > MANIFEST_BYTES_MAX) throw invalid(`is larger than ${MANIFEST_BYTES_MAX} bytes`);
  const document = toObject(parseJson(bytes, 'the manifest'));
  const mediaType = checkMediaType(document, contentType);
  const { schemaVersion, manifests, layers, config } = document;
  if (schemaVersion !== 2) throw invalid(`has schema version ${String(schemaVersion)}: only 2 can be read`);
  const artifactType = toText(document['artifactType']);
  const annotations = parseAnnotations(document['annotations']);
  const fields = {
    mediaType,
    ...(artifactType === '' ? {} : { artifactType }),
    ...(document['subject'] === undefined ? {} : { subject: parseDescriptor(document['subject'], 'the subject') }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (isIndexType(mediaType)) {
    if (layers !== undefined || config !== undefined) throw invalid('is an index and an image at once');
    return { ...fields, kind: 'index', manifests: parseEntries(manifests, 'a manifest of the index') };
  }
  if (manifests !== undefined) throw invalid('is an index and an image at once');
  return {
    ...fields,
    kind: 'image',
    config: parseDescriptor(config, "the image's config"),
    layers: parseEntries(layers, 'a layer of the image'),
  };
}

/** What it was sent as and what it says it is must be one. An OCI manifest need not say it. */
function checkMediaType(document: Readonly<Record<string, unknown>>, contentType: string | undefined): string {
  const own = toText(document['mediaType']);
  const sent = contentType ?? '';
  if (isSchema1Type(sent) || isSchema1Type(own) || document['schemaVersion'] === 1) {
    throw invalid(
      'is of Docker schema version 1, which is not read any more: push the image again with a newer program',
    );
  }
  const isKnown = (type: string) => MANIFEST_TYPES.includes(type);
  if (isKnown(sent) && own !== '' && own !== sent) throw invalid(`says it is "${own}" and was sent as "${sent}"`);
  if (own === '' && (sent === DOCKER_MANIFEST || sent === DOCKER_INDEX)) throw invalid('does not say its media type');
  const mediaType = isKnown(sent) ? sent : own;
  if (isKnown(mediaType)) return mediaType;
  if (mediaType !== '') throw invalid(`has the unknown media type "${mediaType}"`);
  return document['manifests'] === undefined ? OCI_MANIFEST : OCI_INDEX;
}

function parseEntries(value: unknown, what: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw invalid('has no list of what it is made of');
  if (value.length > ENTRIES_MAX) throw invalid(`has more than ${ENTRIES_MAX} entries`);
  return toList(value).map((entry) => parseDescriptor(entry, what));
}

function invalid(what: string): EngineError {
  return new EngineError('invalid-argument', `the manifest ${what}`);
}
