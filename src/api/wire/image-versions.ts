import type { WireImage } from './image.js';

/** What an image does not have and a container does: Docker's JSON had these fields in both up to version 1.49. */
const RUNTIME_FIELDS = {
  ...{ Hostname: '', Domainname: '', AttachStdin: false, AttachStdout: false, AttachStderr: false },
  ...{ Tty: false, OpenStdin: false, StdinOnce: false, Image: '' },
};
const EMPTY_CONFIG = {
  ...RUNTIME_FIELDS,
  ...{ User: '', Env: null, Cmd: null, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null },
};

/** An image as a client of an older version of the API expects it; `version` is its minor number. moby api/server/router/image */
export function toVersionedImage(image: WireImage, version: number): object {
  return {
    ...image,
    ...(version < 50 ? { Config: { ...RUNTIME_FIELDS, ...image.Config } } : {}),
    ...(version < 44 ? { VirtualSize: image.Size } : {}),
    // Of the container that the classic builder made it with; docker-compose 1 reads it.
    ...(version < 45 ? { Container: '', ContainerConfig: EMPTY_CONFIG } : {}),
  };
}
