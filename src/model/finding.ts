import type { ChainId, ContainerId, Digest, ImageId, VolumeName } from './ids.js';

/** One thing that is wrong in a state root. finding-text.ts says what each means. */
export type Finding =
  /** What SQLite says of its own file. */
  | { readonly kind: 'database-damaged'; readonly detail: string }
  /** A row that cannot be read, or that speaks of one that is not there. */
  | { readonly kind: 'row-broken'; readonly table: string; readonly id: string; readonly detail: string }
  /** The bytes are not what the name of the file says. */
  | { readonly kind: 'blob-damaged'; readonly digest: Digest; readonly actual: Digest }
  | { readonly kind: 'blob-unused'; readonly digest: Digest; readonly sizeBytes: number }
  /** A file where none of this name belongs. */
  | { readonly kind: 'stray'; readonly path: string }
  /** What a process that has died had begun to write or to delete. */
  | { readonly kind: 'left-over'; readonly path: string }
  /** Rows that hold content for an operation whose process has died. */
  | { readonly kind: 'lease-abandoned'; readonly digests: readonly Digest[] }
  | { readonly kind: 'layer-damaged'; readonly chainId: ChainId; readonly detail: string }
  | { readonly kind: 'layer-missing'; readonly chainId: ChainId; readonly images: readonly string[] }
  | { readonly kind: 'layer-unused'; readonly chainId: ChainId; readonly sizeBytes: number }
  | {
      readonly kind: 'image-incomplete';
      readonly imageId: ImageId;
      readonly names: readonly string[];
      readonly missing: readonly MissingContent[];
    }
  /** The row says something else than the config or the manifest that its digests name. */
  | {
      readonly kind: 'image-contradicted';
      readonly imageId: ImageId;
      readonly names: readonly string[];
      readonly detail: string;
    }
  | {
      readonly kind: 'container-incomplete';
      readonly containerId: ContainerId;
      readonly name: string;
      readonly missing: ContainerPart;
    }
  /** What the container stands on. */
  | {
      readonly kind: 'container-unfounded';
      readonly containerId: ContainerId;
      readonly name: string;
      readonly detail: string;
    }
  | { readonly kind: 'volume-incomplete'; readonly volume: VolumeName; readonly users: readonly string[] }
  /** A folder of a volume that no row knows. */
  | { readonly kind: 'volume-unknown'; readonly volume: VolumeName };

/** Content of an image that is not in the store. */
export interface MissingContent {
  readonly role: 'config' | 'layer' | 'manifest';
  readonly digest: Digest;
}

export type ContainerPart = 'folder' | 'layer' | 'upper' | 'work' | 'parent';

/** What `--repair` made of a finding. */
export type Repair =
  | { readonly outcome: 'mended'; readonly action: string }
  | { readonly outcome: 'left'; readonly reason: string };

/** How much a check has looked at. */
export interface CheckedCounts {
  readonly rows: number;
  readonly blobs: number;
  /** Of which the content was read and compared, bytes. */
  readonly hashedBytes: number;
  readonly layers: number;
  /** Of which every file was compared with the layer's blob. */
  readonly comparedLayers: number;
  readonly images: number;
  readonly containers: number;
  readonly volumes: number;
}

export interface CheckOptions {
  /** Leave the content of blobs and the files of layers unread. */
  readonly quick?: boolean;
  /** Mend what can be verified, and remove what cannot be whole; never what a container uses. */
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
}

/** A check of a state root as it goes on; `done` is the last. */
export type CheckStep =
  | { readonly kind: 'room'; readonly room: CheckRoom }
  | { readonly kind: 'finding'; readonly finding: Finding; readonly repair?: Repair }
  | {
      readonly kind: 'done';
      readonly counts: CheckedCounts;
      /** Findings that are not mended: 0 means that the state is whole. */
      readonly left: number;
      readonly mended: number;
    };

export type CheckRoom = 'database' | 'content' | 'images' | 'containers' | 'volumes';

/** A finding as a room gives it, with what would mend it by what can be verified. */
export interface Problem {
  readonly finding: Finding;
  /**
   * Resolves with what it did, in words. Rejects with EngineError where it cannot be mended, or must not be because a container
   * uses it; then nothing is changed. Absent: nothing here can mend it.
   */
  readonly mend?: () => string | Promise<string>;
}
