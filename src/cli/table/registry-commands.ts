import type { CommandSpec } from '../command-spec.js';

/** Commands for a registry of one's own. */
export const REGISTRY_COMMANDS: readonly CommandSpec[] = [
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
        long: 'immutable-tag',
        kind: 'list',
        word: '[repository:]tag',
        summary: 'Globs of tags that cannot be moved or deleted',
      },
      { long: 'max-blob-size', kind: 'bytes', summary: 'Largest blob', fallback: 'no limit' },
      { long: 'max-manifest-size', kind: 'bytes', summary: 'Largest manifest', fallback: '4m' },
      { long: 'max-uploads', kind: 'uint', summary: 'Uploads that may be open at once', fallback: '1000' },
      {
        long: 'upload-timeout',
        kind: 'duration',
        summary: 'Delete an upload that stood still for so long',
        fallback: '24h',
      },
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
];
