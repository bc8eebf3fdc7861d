/** One thing that the host's kernel or tools can or cannot do for the engine; what `gantry doctor` prints a line of. */
export interface HostCapability {
  /** Such as `namespace pid`, `cgroup memory`, `overlay`. */
  readonly name: string;
  readonly status: 'available' | 'limited' | 'missing';
  /** What was found: a version, a mount point, an errno. */
  readonly detail: string;
  /** What a user loses; absent where nothing is lost. */
  readonly cost?: string;
  /** True where the engine cannot work at all without it. */
  readonly required: boolean;
}
