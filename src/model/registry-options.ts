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
  readonly isReadOnly: boolean;
  /** Be a cache in front of this registry, `HOST[:PORT]`. */
  readonly proxy?: string | undefined;
  /** How long a tag of the cache is believed without asking. */
  readonly proxyTagMs: number;
  /** Serve HTTPS. */
  readonly tls?: TlsFiles | undefined;
  /** Who can log in: bcrypt entries as `htpasswd -B` writes them. */
  readonly passwordFile?: string | undefined;
  /** Who may what, YAML or JSON; without it everybody who can come in may everything. */
  readonly permissionsFile?: string | undefined;
  /** The URL under which clients know the registry, where that is not the one it listens on. */
  readonly publicUrl?: string | undefined;
  /** Where `GET /metrics` is answered for Prometheus. */
  readonly metricsListen?: ListenAddress | undefined;
  /** Collect garbage so often; 0 is never. */
  readonly garbageMs: number;
  /** What was pushed or looked for less than so long ago is no garbage. */
  readonly garbageGraceMs: number;
  readonly accessLog: 'text' | 'json' | 'none';
}

/** PEM files; they are read again when they change. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Clients must have a certificate of this authority. */
  readonly clientAuthority?: string | undefined;
}

/** 0 is any free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What goes when garbage is collected: `gantry registry gc`. */
export interface GarbageOptions {
  readonly nowMs: number;
  /** What was pushed or looked for less than so long ago stays. */
  readonly graceMs: number;
  readonly uploadIdleMs: number;
  /** Manifests without a tag go too, unless an index or a subject of theirs is there. */
  readonly withUntagged: boolean;
  /** Nothing goes, it is only counted; uploads are not. */
  readonly isDryRun: boolean;
}

/** What has gone. */
export interface GarbageReport {
  readonly uploads: number;
  readonly manifests: number;
  /** Blobs of a repository that are in none of its manifests. */
  readonly links: number;
  /** Files, and their bytes. */
  readonly blobs: number;
  readonly blobBytes: number;
}

/** A registry that takes requests. */
export interface RunningRegistry {
  /** Such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Where the metrics are; undefined where nobody asked for them. */
  readonly metricsUrl?: string | undefined;
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
