import type { CommandSpec } from './command-spec.js';
import { CONTAINER_COMMANDS } from './table/container-commands.js';
import { CONTAINER_STATE_COMMANDS } from './table/container-state-commands.js';
import { CONTEXT_COMMANDS } from './table/context-commands.js';
import { DAEMON_COMMANDS } from './table/daemon-commands.js';
import { IMAGE_COMMANDS } from './table/image-commands.js';
import { REGISTRY_COMMANDS } from './table/registry-commands.js';
import { SYSTEM_COMMANDS } from './table/system-commands.js';
import { VOLUME_AND_NETWORK_COMMANDS } from './table/volume-and-network-commands.js';

/** Every command. A command is a row here and a file in commands/, loaded when it runs. */
export const COMMANDS: readonly CommandSpec[] = [
  ...CONTAINER_COMMANDS,
  ...CONTAINER_STATE_COMMANDS,
  ...IMAGE_COMMANDS,
  ...VOLUME_AND_NETWORK_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...SYSTEM_COMMANDS,
  ...DAEMON_COMMANDS,
];
