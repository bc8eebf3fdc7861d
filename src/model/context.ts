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

/**
 * What names the engine that is meant: the first of what flags, Gantry's variables and Docker's say (docs/adr/0033). Undefined where none
 * does: then the current context holds.
 */
export function findNamed(
  { host, context }: EngineChoice,
  env: Readonly<Record<string, string | undefined>>,
): { readonly host: string } | { readonly context: string } | undefined {
  if (context !== undefined) return { context };
  if (host !== undefined) return { host };
  const { GANTRY_HOST, GANTRY_CONTEXT, DOCKER_HOST, DOCKER_CONTEXT } = env;
  if (GANTRY_HOST !== undefined) return GANTRY_HOST === '' ? { context: DEFAULT_CONTEXT } : { host: GANTRY_HOST };
  if (GANTRY_CONTEXT) return { context: GANTRY_CONTEXT };
  if (DOCKER_HOST) return { host: DOCKER_HOST };
  return DOCKER_CONTEXT ? { context: DOCKER_CONTEXT } : undefined;
}

/** The name of the context that is meant; undefined where an address is. */
export function nameContext(
  choice: EngineChoice,
  env: Readonly<Record<string, string | undefined>>,
  current: () => string,
): string | undefined {
  const named = findNamed(choice, env);
  if (named === undefined) return current();
  return 'context' in named ? named.context : undefined;
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
