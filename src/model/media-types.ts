/** Media types of manifests, configs and layers: OCI image-spec, media-types.md, and Docker's image manifest version 2, schema 2. */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_LAYER_ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
/** Two formats of before 2016, which name layers by weaker means; nothing reads them any more. */
const DOCKER_SCHEMA_1 = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
];

/** What a client accepts where it asks for a manifest, in one `Accept` header. */
export const MANIFEST_TYPES: readonly string[] = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST];

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_INDEX;
}

/** Configs of images that can be run; others are of artifacts: charts, signatures. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}

export function isSchema1Type(mediaType: string): boolean {
  return DOCKER_SCHEMA_1.includes(mediaType);
}

/** True for a layer that is fetched from elsewhere and never pushed. image-spec, layer.md, "Non-Distributable Layers". */
export function isNonDistributable(mediaType: string): boolean {
  return /^application\/vnd\.oci\.image\.layer\.nondistributable\.|\.foreign\.diff\.tar/.test(mediaType);
}

/** The bare type of a Content-Type header, without parameters and in lower case. RFC 9110, 8.3.1 */
export function parseContentType(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase();
}
