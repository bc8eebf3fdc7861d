import type { ProcessIdentity } from '../../model/container.js';

/** Whose files a role works on; root.h in src/engine/isolation/native is the other end. */
export type RootSpec =
  /** `path` may be the source of a volume too; native/volume.h. */
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'process'; readonly process: ProcessIdentity }
  /**
   * Layers top first. Without `upper` it is read-only; without lowers `upper` is the root as it is. The mount belongs to the
   * role's process and ends with it.
   */
  | {
      readonly kind: 'overlay';
      readonly lowers: readonly string[];
      readonly upper?: OverlayUpper;
      /** Makes the overlay instead of the kernel. */
      readonly fuseProgram?: string;
      /** Folders and files of the host that are seen in it; one whose source or target is missing is left out. */
      readonly binds?: readonly RootBind[];
    };

export interface RootBind {
  readonly source: string;
  /** A path in the source, in place of it. */
  readonly part?: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface OverlayUpper {
  readonly upper: string;
  readonly work: string;
}

export function toRootArguments(root: RootSpec): readonly string[] {
  switch (root.kind) {
    case 'directory':
      return ['dir', root.path];
    case 'process':
      return ['process', String(root.process.pid), String(root.process.startTicks)];
    case 'overlay': {
      const { upper = '-', work = '-' } = root.upper ?? {};
      const binds = (root.binds ?? []).flatMap((bind) => [
        bind.source,
        bind.part ?? '',
        bind.target,
        bind.readOnly ? 'ro' : 'rw',
      ]);
      const kind = root.fuseProgram === undefined ? ['overlay'] : ['fuse-overlay', root.fuseProgram];
      return [...kind, upper, work, String(root.lowers.length), ...root.lowers, String(binds.length), ...binds];
    }
  }
}
