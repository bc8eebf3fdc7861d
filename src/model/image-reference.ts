import { EngineError } from './errors.js';

/**
 * A name of an image, complete: `busybox` is `docker.io/library/busybox:latest`. github.com/distribution/reference has the
 * grammar; without tag and digest the tag is `latest`.
 */
export interface ImageReference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** The domain of a reference that names none: Docker Hub. */
export const DOCKER_HUB = 'docker.io';
const OFFICIAL = 'library/';
const NAME_LENGTH_MAX = 255;
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const HEX_64 = /^[0-9a-f]{64}$/;

/** Rejects: invalid-argument, in Docker's words. */
export function parseImageReference(text: string): ImageReference {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) throw invalid('');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) throw invalid('');
  const { domain, path } = parseName(colon < 0 ? named : named.slice(0, colon));
  if (digest === undefined) return { domain, path, tag: tag ?? 'latest' };
  return { domain, path, digest, ...(tag === undefined ? {} : { tag }) };
}

function parseName(name: string): { domain: string; path: string } {
  if (HEX_64.test(name)) {
    throw new EngineError(
      'invalid-argument',
      `invalid repository name (${name}), cannot specify 64-byte hexadecimal strings`,
    );
  }
  const { domain, path } = splitDomain(name);
  if (!DOMAIN.test(domain)) throw invalid('');
  if (!PATH.test(path))
    throw invalid(PATH.test(path.toLowerCase()) ? `: repository name (${path}) must be lowercase` : '');
  if (domain.length + 1 + path.length > NAME_LENGTH_MAX) {
    throw new EngineError('invalid-argument', `repository name must not be more than ${NAME_LENGTH_MAX} characters`);
  }
  return { domain, path };
}

/** The complete name: `docker.io/library/busybox:latest`. */
export function formatImageReference({ domain, path, tag, digest }: ImageReference): string {
  return `${domain}/${path}${suffix(tag, digest)}`;
}

/** As Docker shows it: `busybox:latest`, `ghcr.io/a/b:1`. */
export function formatFamiliarReference(reference: ImageReference): string {
  return `${formatFamiliarName(reference)}${suffix(reference.tag, reference.digest)}`;
}

/** Docker's REPOSITORY: the familiar name without tag and digest. */
export function formatFamiliarName({ domain, path }: ImageReference): string {
  if (domain !== DOCKER_HUB) return `${domain}/${path}`;
  const isOfficial = path.startsWith(OFFICIAL) && !path.slice(OFFICIAL.length).includes('/');
  return isOfficial ? path.slice(OFFICIAL.length) : path;
}

function suffix(tag: string | undefined, digest: string | undefined): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The first part is a host if it looks like one: with a dot, a port, upper case, or `localhost`. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  const domain = isHost ? first : DOCKER_HUB;
  const path = isHost ? name.slice(slash + 1) : name;
  if (domain !== DOCKER_HUB && domain !== 'index.docker.io') return { domain, path };
  return { domain: DOCKER_HUB, path: path.includes('/') || path === '' ? path : `${OFFICIAL}${path}` };
}

function invalid(detail: string): EngineError {
  return new EngineError('invalid-argument', `invalid reference format${detail}`);
}
