import type { VolumeName } from './ids.js';
import type { MountPropagation } from './mount-words.js';

/** A mount of a container as it is, with every name resolved; the objects of Docker's `Mounts`. */
export type ContainerMount =
  | {
      readonly type: 'bind';
      /** On the host. */
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly propagation: MountPropagation;
    }
  | {
      readonly type: 'volume';
      readonly name: VolumeName;
      /** On the host: the volume's mountpoint. */
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      /** Goes with the container when it is removed with its volumes. */
      readonly anonymous: boolean;
      /** A path in the volume that is seen in place of all of it. */
      readonly subpath?: string;
      /** Does not begin with what the image has there. */
      readonly noCopy?: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly readOnly: boolean };
