import type { Route } from './route.js';
import { ABSENT_ROUTES } from './routes/absent.js';
import { CONTAINER_FILE_ROUTES } from './routes/container-files.js';
import { CONTAINER_LOOK_ROUTES } from './routes/container-looks.js';
import { CONTAINER_STREAM_ROUTES } from './routes/container-streams.js';
import { CONTAINER_VERB_ROUTES } from './routes/container-verbs.js';
import { CONTAINER_ROUTES } from './routes/containers.js';
import { EXEC_ROUTES } from './routes/exec.js';
import { IMAGE_TRANSFER_ROUTES } from './routes/image-transfers.js';
import { IMAGE_ROUTES } from './routes/images.js';
import { NETWORK_ROUTES } from './routes/networks.js';
import { REGISTRY_ROUTES } from './routes/registries.js';
import { SWARM_ROUTES } from './routes/swarm.js';
import { SYSTEM_ROUTES } from './routes/system.js';
import { VOLUME_ROUTES } from './routes/volumes.js';

/** The table of all routes; the first whose method and path fit is taken. */
export function createRoutes(): readonly Route[] {
  return [
    ...SYSTEM_ROUTES,
    ...CONTAINER_ROUTES,
    ...CONTAINER_VERB_ROUTES,
    ...CONTAINER_STREAM_ROUTES,
    ...CONTAINER_LOOK_ROUTES,
    ...CONTAINER_FILE_ROUTES,
    ...EXEC_ROUTES,
    ...REGISTRY_ROUTES,
    ...IMAGE_TRANSFER_ROUTES,
    ...IMAGE_ROUTES,
    ...NETWORK_ROUTES,
    ...VOLUME_ROUTES,
    ...SWARM_ROUTES,
    ...ABSENT_ROUTES,
  ];
}
