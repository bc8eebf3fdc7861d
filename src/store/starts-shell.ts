import type { Image } from '../model/image.js';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'ash', 'bash', 'dash', 'ksh', 'zsh', 'fish']);
/** Embedded images that are not there yet; both start a shell. */
const EMBEDDED_WITH_SHELL: ReadonlySet<string> = new Set(['host', 'busybox']);

/**
 * Whether a container from this image starts a shell that reads its commands from stdin, and so ends at once without a
 * terminal. `command` is what was asked for instead of the image's own; empty: nothing.
 */
export function startsShell(image: string, command: readonly string[], images: readonly Image[]): boolean {
  const found = images.find(({ id, repoTags }) => isNamed(image, id, repoTags));
  if (found === undefined) return command.length === 0 ? EMBEDDED_WITH_SHELL.has(image) : isShell(command);
  const { config } = found;
  return isShell([...(config.entrypoint ?? []), ...(command.length > 0 ? command : (config.command ?? []))]);
}

function isNamed(ref: string, id: string, tags: readonly string[]): boolean {
  const isId = /^[0-9a-f]{4,}$/.test(ref) && id.startsWith(`sha256:${ref}`);
  return ref !== '' && (isId || id === ref || tags.includes(ref) || tags.includes(`${ref}:latest`));
}

/** `bash`, `/bin/sh -l` and `busybox sh`, but neither `sh -c …` nor a script. */
function isShell(argv: readonly string[]): boolean {
  const [program = '', ...rest] = argv;
  const name = program.split('/').at(-1) ?? '';
  if (name === 'busybox') return isShell(rest);
  return SHELLS.has(name) && rest.every((word) => word.startsWith('-') && !/^-[a-z]*c/.test(word));
}
