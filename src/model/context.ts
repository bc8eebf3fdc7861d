/** A name for an engine, as docker keeps it: `docker context`. */
export interface Context {
  readonly name: string;
  readonly description: string;
  /** As `--host` takes it; absent: the engine of this process. */
  readonly host?: string;
}

/** The context of the engine in this process. */
export const DEFAULT_CONTEXT = 'default';

/** Contexts of the user: docker's own, and which of them Gantry uses. */
export interface ContextStore {
  /** The one of this process first, then by name. */
  list(): readonly Context[];
  /** Throws not-found. */
  inspect(name: string): Context;
  /** The one that holds where no flag and no variable says another; `default` where none was chosen. */
  current(): string;
  /** Throws not-found. */
  use(name: string): void;
  /** Throws conflict (there is one), invalid-argument. */
  create(context: Context): void;
  /** Throws not-found, conflict (it is the current one and not `force`). */
  remove(name: string, options?: { readonly force?: boolean }): void;
}

/** What flags say of which engine to speak to. */
export interface EngineChoice {
  readonly host?: string;
  readonly context?: string;
  readonly tls?: TlsChoice;
}

/** Docker's `--tls…`; paths of PEM files. */
export interface TlsChoice {
  /** Without a check of who answers. */
  readonly enabled?: boolean;
  readonly verify?: boolean;
  readonly authority?: string;
  readonly certificate?: string;
  readonly key?: string;
}
