/**
 * Where a daemon listens whom nobody tells where. Beside the run root: only root may enter that, and the group `docker` may use the socket.
 */
export function socketOf(runRoot: string): string {
  return `${runRoot.replace(/\/+$/, '')}.sock`;
}
