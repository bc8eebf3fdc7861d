/** A container engine's commands for images. All of its state lies on a disk of its own. */
export interface ImagePeer {
  readonly name: string;
  /** Daemons that work for the commands. */
  readonly daemons: readonly number[];
  readonly pull: (reference: string) => readonly string[];
  readonly load: (archive: string) => readonly string[];
  readonly save: (reference: string, archive: string) => readonly string[];
  readonly remove: (reference: string) => readonly string[];
  readonly create: (reference: string, name: string) => readonly string[];
  readonly copyIn: (folder: string, name: string, path: string) => readonly string[];
  readonly commit: (name: string, reference: string) => readonly string[];
  readonly removeContainer: (name: string) => readonly string[];
  close(): Promise<void> | void;
}

/** The words that docker, podman and gantry share, behind a program and its first arguments. */
export function dockerCommands(
  base: readonly string[],
  { insecurePull = [] }: { readonly insecurePull?: readonly string[] } = {},
): Omit<ImagePeer, 'name' | 'daemons' | 'close'> {
  return {
    pull: (reference) => [...base, 'pull', '-q', ...insecurePull, reference],
    load: (archive) => [...base, 'load', '-q', '-i', archive],
    save: (reference, archive) => [...base, 'save', '-o', archive, reference],
    remove: (reference) => [...base, 'rmi', reference],
    create: (reference, name) => [...base, 'create', '--network', 'none', '--name', name, reference],
    copyIn: (folder, name, path) => [...base, 'cp', folder, `${name}:${path}`],
    commit: (name, reference) => [...base, 'commit', name, reference],
    removeContainer: (name) => [...base, 'rm', '-f', name],
  };
}
