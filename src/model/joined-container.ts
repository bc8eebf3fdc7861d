/** Id or name of the container whose namespace a mode `container:X` joins; undefined for any other mode. */
export function readJoinedContainer(mode = ''): string | undefined {
  return /^container:(.+)$/.exec(mode)?.[1];
}
