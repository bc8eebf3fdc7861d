import type { FlagSpec } from '../../model/flags.js';
import type { CommandSpec } from '../command-spec.js';

/** As dockerd has them; what its file calls them is in daemon/daemon-file.ts. */
const DAEMON_FLAGS: readonly FlagSpec[] = [
  {
    long: 'config-file',
    kind: 'string',
    word: 'file',
    summary: 'Settings as JSON, read again on SIGHUP',
    fallback: '/etc/gantry/daemon.json',
  },
  { long: 'data-root', kind: 'string', word: 'folder', summary: 'Folder of images, containers and volumes' },
  { long: 'debug', short: 'D', kind: 'bool', summary: 'Write each request too' },
  { long: 'exec-root', kind: 'string', word: 'folder', summary: 'Folder of what ends with the host' },
  {
    long: 'group',
    short: 'G',
    kind: 'string',
    summary: 'Who may use the unix socket',
    fallback: 'docker, where there is one',
  },
  {
    long: 'host',
    short: 'H',
    kind: 'list',
    summary: 'Where to listen: unix://PATH, tcp://HOST[:PORT], fd://',
    fallback: 'unix://RUN-ROOT.sock',
  },
  { long: 'insecure-registry', kind: 'list', summary: 'Registry that may be spoken to without TLS' },
  { long: 'label', kind: 'list', summary: 'Label of the engine, for its clients' },
  {
    long: 'log-format',
    kind: 'string',
    summary: 'Form of what is written about the service',
    choices: ['text', 'json'],
    fallback: 'text',
  },
  {
    long: 'log-level',
    short: 'l',
    kind: 'string',
    summary: 'What is written about the service',
    choices: ['debug', 'info', 'warn', 'error', 'fatal'],
    fallback: 'info',
  },
  { long: 'max-concurrent-downloads', kind: 'int', summary: 'Layers that a pull downloads at once', fallback: '3' },
  { long: 'max-concurrent-uploads', kind: 'int', summary: 'Layers that a push sends at once', fallback: '5' },
  { long: 'max-download-attempts', kind: 'int', summary: 'Tries of a request to a registry', fallback: '5' },
  { long: 'pidfile', short: 'p', kind: 'string', word: 'file', summary: 'Write the number of the process to a file' },
  { long: 'registry-mirror', kind: 'list', summary: 'Registry that is asked before Docker Hub' },
  { long: 'storage-driver', short: 's', kind: 'string', word: 'name', summary: 'Storage driver of new layers' },
  { long: 'tls', kind: 'bool', summary: 'Use TLS at tcp://, for every client' },
  { long: 'tlscacert', kind: 'string', word: 'file', summary: 'Authority of the certificates of clients' },
  { long: 'tlscert', kind: 'string', word: 'file', summary: 'Certificate of the service' },
  { long: 'tlskey', kind: 'string', word: 'file', summary: 'Key of the certificate' },
  { long: 'tlsverify', kind: 'bool', summary: 'Use TLS at tcp://, for clients with a certificate' },
  { long: 'userns-remap', kind: 'string', word: 'ids', summary: 'User ids of new containers' },
  { long: 'validate', kind: 'bool', summary: 'Look whether the settings can be used, and end' },
];

/** Commands that serve Docker's API. */
export const DAEMON_COMMANDS: readonly CommandSpec[] = [
  {
    names: ['daemon'],
    usage: '[OPTIONS]',
    summary: "Serve Docker's API to other programs",
    flags: DAEMON_FLAGS,
    operands: [0, 0],
    load: async () => (await import('../commands/daemon.js')).daemon,
  },
  {
    names: ['system dial-stdio'],
    usage: '',
    summary: "Serve Docker's API on standard input and output",
    flags: [],
    operands: [0, 0],
    hidden: true,
    load: async () => (await import('../commands/dial-stdio.js')).dialStdio,
  },
];
