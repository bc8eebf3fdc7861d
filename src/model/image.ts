import type { Healthcheck } from './container-config.js';
import type { DiffId, Digest, ImageId } from './ids.js';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The `config` object of an OCI image config with Docker's additions: the defaults of its containers. */
export interface ImageConfig {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDir?: string;
  readonly volumes?: readonly string[];
  /** Such as `80/tcp`. */
  readonly exposedPorts?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly healthcheck?: Healthcheck;
}

export interface Image {
  readonly id: ImageId;
  /** `repository:tag` names that point here now. */
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly createdAtMs: number;
  /** Sum of the unpacked layers, bytes; layers shared with other images count in full. */
  readonly sizeBytes: number;
  readonly platform: Platform;
  readonly layers: readonly DiffId[];
  readonly config: ImageConfig;
  readonly author?: string;
  readonly comment?: string;
  /** Set for images that the engine makes itself and that never came from an archive. */
  readonly embedded?: EmbeddedImageName;
}

/** `host`: the host's own /usr, read-only, under a small /etc; `busybox`: the host's static busybox; `hello`: one static program. */
export type EmbeddedImageName = 'host' | 'busybox' | 'hello';

export interface EmbeddedImage {
  readonly name: EmbeddedImageName;
  /** One line that says what it is made of. */
  readonly description: string;
  /** Why it cannot be made on this host; absent where it can. */
  readonly unavailable?: string;
}

export interface HistoryEntry {
  /** ms since 1970; 0 where the image does not say, as in those that are made the same at any time. */
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly sizeBytes: number;
  readonly comment?: string;
  readonly emptyLayer: boolean;
}

/** How an image comes in: by pull, load or bootstrap. A layer is named by the digest that its source knows it by. */
export type PullProgress =
  | { readonly phase: 'resolving'; readonly reference: string; readonly repository: string }
  | { readonly phase: 'pending' | 'waiting' | 'verifying' | 'downloaded'; readonly digest: Digest }
  | {
      readonly phase: 'downloading' | 'extracting';
      readonly digest: Digest;
      readonly doneBytes: number;
      readonly totalBytes?: number;
    }
  | { readonly phase: 'retrying'; readonly digest: Digest; readonly delayMs: number }
  | { readonly phase: 'exists' | 'complete'; readonly digest: Digest }
  | { readonly phase: 'output'; readonly text: string }
  | {
      readonly phase: 'done';
      readonly imageId: ImageId;
      readonly references: readonly string[];
      /** Of the manifest or index that was pulled. */
      readonly digest?: Digest;
      /** False if the name meant this image before. */
      readonly isNew?: boolean;
    };

/** How an image goes to a registry. A layer is named by its DiffID. */
export type PushProgress =
  | { readonly phase: 'resolving'; readonly repository: string }
  | { readonly phase: 'preparing' | 'waiting' | 'exists' | 'pushed'; readonly digest: Digest }
  | { readonly phase: 'pushing'; readonly digest: Digest; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly phase: 'mounted'; readonly digest: Digest; readonly from: string }
  | { readonly phase: 'done'; readonly tag: string; readonly digest: Digest; readonly sizeBytes: number };
