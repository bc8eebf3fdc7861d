import type { TlsFiles } from './registry-options.js';

/** Where Docker's API is served: `gantry daemon --host`. */
export type ApiEndpoint =
  /** `group` may use it; undefined: the group `docker`, where the host has it. */
  | { readonly kind: 'unix'; readonly path: string; readonly group?: string | undefined }
  /** Without TLS for whoever reaches it. Port 0 is any free one. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles | undefined }
  /** A socket that the process was started with: sd_listen_fds(3). */
  | { readonly kind: 'descriptor'; readonly fd: number; readonly tls?: TlsFiles | undefined };

export interface ApiOptions {
  readonly endpoints: readonly ApiEndpoint[];
  /** Told of what is not a client's fault. */
  readonly warn: (message: string, error?: unknown) => void;
  /** Told of each request. */
  readonly debug?: (message: string) => void;
}

export interface RunningApi {
  /** As `--host` takes them, with the port that was chosen. */
  readonly urls: readonly string[];
  /** Ends streams, and lets other answers that have begun end too. Containers run on. */
  stop(): Promise<void>;
}
