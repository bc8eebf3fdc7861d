/** What a service sets of its engine when it opens it, and again while it runs: the settings of `gantry daemon` that can be read anew. */
export interface ServiceSettings {
  /** Told to clients; more is written about requests. */
  readonly isDebug: boolean;
  /** Of the engine, `key=value`: told to clients. */
  readonly labels: readonly string[];
  /** How registries are reached; absent: as the files of the engine's user say. */
  readonly registries?: RegistryChoices;
}

/** What is absent is as Docker has it by default. */
export interface RegistryChoices {
  /** Base addresses that are asked before Docker Hub. */
  readonly mirrors: readonly string[];
  /** `host`, `host:port`, or a CIDR range. */
  readonly insecure: readonly string[];
  /** Layers of one image at a time. */
  readonly maxDownloads?: number;
  readonly maxUploads?: number;
  /** Tries of one request, the first among them. */
  readonly maxAttempts?: number;
  /** Layers above this are sent in pieces of this size, bytes. */
  readonly uploadChunkBytes?: number;
}
