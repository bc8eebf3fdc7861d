/** How a registry is served: `gantry registry serve`. */
export interface RegistryOptions {
  /** Where it keeps everything. */
  readonly folder: string;
  readonly listen: ListenAddress;
  /** Largest manifest and largest blob, bytes. */
  readonly maxManifestBytes: number;
  readonly maxBlobBytes: number;
  /** Uploads that may be open at once. */
  readonly maxUploads: number;
  /** An upload to which nothing comes for so long is deleted. */
  readonly uploadIdleMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** How long requests that run may take to end once the server stops. */
  readonly stopMs: number;
  /** Tags that keep what they point to: `[REPOSITORY:]TAG` with globs. */
  readonly immutableTags: readonly string[];
  readonly accessLog: 'text' | 'json' | 'none';
}

/** 0 is any free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A registry that takes requests. */
export interface RunningRegistry {
  /** Such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Stops taking requests, and resolves when those that run have ended or their time is up. */
  stop(): Promise<void>;
}

/** What a registry tells whoever runs it. */
export interface RegistryOutput {
  /** One line of the access log. */
  access(line: string): void;
  /** What went wrong, and nobody waits for. */
  warn(message: string): void;
}
