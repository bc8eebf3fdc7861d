import type { FlagSpec } from '../../model/flags.js';
import type { CommandSpec } from '../command-spec.js';
import { FILTER, FORMAT, NO_TRUNC } from './shared-flags.js';

const UPLOAD_TIMEOUT: FlagSpec = {
  long: 'upload-timeout',
  kind: 'duration',
  summary: 'Delete an upload that stood still for so long',
  fallback: '24h',
};

/** How garbage is collected, by a registry that is served and by hand. */
const GRACE: Omit<FlagSpec, 'long'> = {
  kind: 'duration',
  summary: 'Leave what was pushed or looked for less than so long ago',
  fallback: '1h',
};

/** Commands for registries: others', and one of one's own. */
export const REGISTRY_COMMANDS: readonly CommandSpec[] = [
  {
    names: ['login'],
    usage: '[OPTIONS] [SERVER]',
    summary: 'Log in to a registry',
    flags: [
      { long: 'password', short: 'p', kind: 'string', summary: 'Password or token; others can see it' },
      { long: 'password-stdin', kind: 'bool', summary: 'Take the password from standard input' },
      { long: 'username', short: 'u', kind: 'string', summary: 'User name' },
    ],
    operands: [0, 1],
    load: async () => (await import('../commands/login.js')).login,
  },
  {
    names: ['logout'],
    usage: '[SERVER]',
    summary: 'Log out from a registry',
    flags: [],
    operands: [0, 1],
    load: async () => (await import('../commands/login.js')).logout,
  },
  {
    names: ['search'],
    usage: '[OPTIONS] TERM',
    summary: 'Search Docker Hub, or HOST/TERM another registry',
    flags: [FILTER, FORMAT, { long: 'limit', kind: 'int', summary: 'Most results', fallback: '25' }, NO_TRUNC],
    operands: [1, 1],
    load: async () => (await import('../commands/search.js')).search,
  },
  {
    names: ['manifest inspect'],
    usage: '[OPTIONS] MANIFEST',
    summary: 'Print what a registry has under a name',
    flags: [{ long: 'verbose', short: 'v', kind: 'bool', summary: 'Each manifest of an index, with its descriptor' }],
    operands: [1, 1],
    completes: 'image',
    load: async () => (await import('../commands/manifest.js')).inspectManifest,
  },
  {
    names: ['registry serve'],
    usage: '[OPTIONS]',
    summary: 'Serve a registry: push to it and pull from it',
    flags: [
      { long: 'folder', kind: 'string', word: 'path', summary: 'Where it keeps everything (below the root: registry)' },
      {
        long: 'listen',
        kind: 'string',
        word: '[host]:port',
        summary: 'Address to listen on',
        fallback: '127.0.0.1:5000',
      },
      { long: 'engine-images', kind: 'bool', summary: "Serve the engine's own images, read-only" },
      { long: 'tls-cert', kind: 'string', word: 'path', summary: 'Certificate chain, PEM: serve HTTPS' },
      { long: 'tls-key', kind: 'string', word: 'path', summary: "The certificate's key, PEM" },
      {
        long: 'tls-client-ca',
        kind: 'string',
        word: 'path',
        summary: 'Take only clients with a certificate of this authority',
      },
      { long: 'htpasswd', kind: 'string', word: 'path', summary: 'Who can log in: entries of htpasswd -B' },
      {
        long: 'permissions',
        kind: 'string',
        word: 'path',
        summary: 'Who may pull, push and delete what: YAML or JSON',
      },
      {
        long: 'public-url',
        kind: 'string',
        word: 'url',
        summary: 'URL that clients use, where a proxy stands in front',
      },
      { long: 'read-only', kind: 'bool', summary: 'Refuse to push and to delete' },
      {
        long: 'proxy',
        kind: 'string',
        word: 'registry',
        summary: 'Be a cache in front of this registry: docker.io, HOST[:PORT]',
      },
      { long: 'proxy-tag-ttl', kind: 'duration', summary: 'Believe a cached tag for so long', fallback: '1m' },
      {
        long: 'immutable-tag',
        kind: 'list',
        word: '[repository:]tag',
        summary: 'Globs of tags that cannot be moved or deleted',
      },
      { long: 'max-blob-size', kind: 'bytes', summary: 'Largest blob', fallback: 'no limit' },
      { long: 'max-manifest-size', kind: 'bytes', summary: 'Largest manifest', fallback: '4m' },
      { long: 'max-uploads', kind: 'uint', summary: 'Uploads that may be open at once', fallback: '1000' },
      UPLOAD_TIMEOUT,
      {
        long: 'idle-timeout',
        kind: 'duration',
        summary: 'Close a connection that stood still for so long',
        fallback: '1m',
      },
      {
        long: 'stop-timeout',
        kind: 'duration',
        summary: 'Time for running requests to end at the stop',
        fallback: '30s',
      },
      { long: 'metrics', kind: 'string', word: '[host]:port', summary: 'Answer GET /metrics there, for Prometheus' },
      { long: 'gc-interval', kind: 'duration', summary: 'Collect garbage so often', fallback: 'never' },
      { long: 'gc-grace', ...GRACE },
      {
        long: 'access-log',
        kind: 'string',
        summary: 'A line for each request on stdout',
        fallback: 'text',
        choices: ['text', 'json', 'none'],
      },
    ],
    operands: [0, 0],
    load: async () => (await import('../commands/registry-serve.js')).serveRegistry,
  },
  {
    names: ['image copy'],
    usage: '[OPTIONS] SOURCE TARGET',
    summary: 'Copy an image from one registry to another, with all its platforms, signatures and attestations',
    flags: [
      { long: 'no-referrers', kind: 'bool', summary: 'Leave signatures, attestations and what else refers to it' },
      { long: 'platform', kind: 'string', word: 'os/arch', summary: 'Copy the manifest of this platform alone' },
      { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print the digest alone' },
    ],
    operands: [2, 2],
    completes: 'image',
    load: async () => (await import('../commands/image-copy.js')).copyImage,
  },
  {
    names: ['image sign'],
    usage: '--key PATH IMAGE',
    summary: 'Sign an image in its registry, so that cosign and the policy file know it',
    flags: [{ long: 'key', kind: 'string', word: 'path', summary: 'Private key, PEM ($GANTRY_KEY_PASSPHRASE)' }],
    operands: [1, 1],
    completes: 'image',
    load: async () => (await import('../commands/image-signature.js')).signImage,
  },
  {
    names: ['image verify'],
    usage: '--key PATH IMAGE',
    summary: 'Print what a key has signed about an image in its registry',
    flags: [{ long: 'key', kind: 'list', word: 'path', summary: 'Public key, PEM; any of several' }],
    operands: [1, 1],
    completes: 'image',
    load: async () => (await import('../commands/image-signature.js')).verifyImage,
  },
  {
    names: ['registry gc'],
    usage: '[OPTIONS]',
    summary: 'Remove what nothing in a registry names; it may be served meanwhile',
    flags: [
      { long: 'folder', kind: 'string', word: 'path', summary: 'Where the registry keeps everything' },
      { long: 'untagged', kind: 'bool', summary: 'Manifests without a tag too' },
      { long: 'grace', ...GRACE },
      UPLOAD_TIMEOUT,
      { long: 'dry-run', kind: 'bool', summary: 'Print what would go' },
    ],
    operands: [0, 0],
    load: async () => (await import('../commands/registry-gc.js')).collectRegistryGarbage,
  },
];
