import type { ChainId, DiffId } from './ids.js';

/** A layer of the store: one element of a container's stack. */
export interface Layer {
  readonly chainId: ChainId;
  readonly diffId: DiffId;
  readonly parent?: ChainId;
  /** Sum of the sizes of its regular files, bytes. */
  readonly sizeBytes: number;
}

/** `docker diff`: C, A and D. */
export interface FileChange {
  /** Absolute inside the container. */
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}
