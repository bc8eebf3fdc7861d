import type { FlagSpec } from '../model/flags.js';

/** Before the command. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  {
    long: 'context',
    short: 'c',
    kind: 'string',
    word: 'name',
    summary: "Engine to speak to, by a name of 'context ls' ($GANTRY_CONTEXT, $DOCKER_CONTEXT)",
  },
  { long: 'debug', short: 'D', kind: 'bool', summary: 'Print the stack of an error' },
  {
    long: 'firewall-backend',
    kind: 'string',
    word: 'name',
    summary: 'What writes the rules of networks: nftables, iptables, none ($GANTRY_FIREWALL_BACKEND)',
  },
  {
    long: 'host',
    short: 'H',
    kind: 'list',
    summary: 'Engine to speak to: unix://PATH, tcp://HOST[:PORT], ssh://[USER@]HOST ($GANTRY_HOST, $DOCKER_HOST)',
  },
  { long: 'ascii', kind: 'bool', summary: 'Draw the screen in ASCII' },
  { long: 'plain', kind: 'bool', summary: 'Draw the screen in ASCII and without colour' },
  { long: 'read-only', kind: 'bool', summary: 'Show the screen, and change nothing from it' },
  { long: 'root', kind: 'string', summary: 'Folder of images, containers and volumes ($GANTRY_ROOT)' },
  { long: 'run-root', kind: 'string', summary: 'Folder of what ends with the host ($GANTRY_RUN_ROOT)' },
  {
    long: 'storage-driver',
    kind: 'string',
    word: 'name',
    summary:
      'Storage driver of new layers: erofs, overlay2, btrfs, fuse-overlayfs, vfs, devicemapper ($GANTRY_STORAGE_DRIVER)',
  },
  { long: 'tls', kind: 'bool', summary: 'Use TLS at tcp://, whoever answers' },
  { long: 'tlscacert', kind: 'string', word: 'file', summary: 'Authority of the certificate of the host' },
  { long: 'tlscert', kind: 'string', word: 'file', summary: 'Certificate for the host' },
  { long: 'tlskey', kind: 'string', word: 'file', summary: 'Key of the certificate' },
  { long: 'tlsverify', kind: 'bool', summary: 'Use TLS at tcp://, and check who answers' },
  {
    long: 'theme',
    kind: 'string',
    word: 'name',
    summary: 'Theme of the screen: dark, light, colour-blind, plain, or a file ($GANTRY_THEME)',
  },
  {
    long: 'userns-remap',
    kind: 'string',
    word: 'ids',
    summary: "Remap new containers: 'default', a user of /etc/subuid, FIRST[:COUNT] ($GANTRY_USERNS_REMAP)",
  },
  { long: 'version', short: 'v', kind: 'bool', summary: 'Print the version' },
];
