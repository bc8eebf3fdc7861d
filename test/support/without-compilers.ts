/** Covers each compiler on PATH, and what they start, with a file that cannot be run, for those in this mount namespace alone. */
const HIDE = `
for name in cc c89 c99 gcc c++ g++ clang tcc musl-gcc make ld as x86_64-linux-gnu-gcc aarch64-linux-gnu-gcc; do
  while path=$(command -v "$name"); do mount --bind /dev/null "$(readlink -f "$path")"; done
done
exec "$@"`;

/** A command that runs the words after it where no compiler is. Needs `root` and `command:unshare`. */
export const WITHOUT_COMPILERS: readonly string[] = ['unshare', '--mount', 'sh', '-ec', HIDE, 'sh'];
