/** True where the kernel has what came with that version. */
export function isKernelFrom(
  { kernel: [major, minor] }: { readonly kernel: readonly [major: number, minor: number] },
  atMajor: number,
  atMinor: number,
): boolean {
  return major > atMajor || (major === atMajor && minor >= atMinor);
}
