import { EngineError, messageOf } from '../../model/errors.js';
import { parseBytes } from '../../model/units.js';

const OPTIONS: readonly string[] = ['type', 'o', 'device', 'size'];
/** Which of the others each needs. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  device: ['type'],
  type: ['device'],
  o: ['device', 'type'],
};

/**
 * Docker's check of what its local driver is given (moby volume/local). `size` is a quota of the file system, which is not set
 * here; a tmpfs has its size in `o`. Throws invalid-argument in Docker's words.
 */
export function checkVolumeOptions(options: Readonly<Record<string, string>>): void {
  const names = Object.keys(options);
  const unknown = names.find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) refuse(`invalid option: "${unknown}"`);
  const { size } = options;
  if (size !== undefined) checkSize(size);
  for (const [name, needed] of Object.entries(NEEDED)) {
    const missing = needed.find((other) => options[name] !== undefined && options[other] === undefined);
    if (missing !== undefined) refuse(`missing required option: "${missing}"`);
  }
  // The lines of native/volume.c.
  if (names.some((name) => options[name]?.includes('\n'))) refuse('an option holds a line feed');
}

function checkSize(text: string): void {
  let bytes = 0;
  try {
    bytes = parseBytes(text);
  } catch (error) {
    refuse(messageOf(error));
  }
  if (bytes > 0) refuse('quota size requested but no quota support');
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
