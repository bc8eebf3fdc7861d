import { EngineError } from '../../model/errors.js';
import { type ByteString, fromByteString } from './file-entry.js';

const PATH_MAX = 4095;
const NAME_MAX = 255;

/**
 * The path of an entry relative to the root: without a leading `/`, without `.` and empty parts; '' is the root. Rejects
 * what could name something outside: `..` anywhere, NUL, and names that no file system takes.
 */
export function cleanEntryPath(path: ByteString): ByteString {
  if (path.includes('\0')) throw refuse(path, 'its name holds a NUL');
  if (path.length > PATH_MAX) throw refuse(path, `its name is longer than ${PATH_MAX} bytes`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts) {
    if (part === '..') throw refuse(path, 'it leads out of the root');
    if (part.length > NAME_MAX) throw refuse(path, `a part of its name is longer than ${NAME_MAX} bytes`);
  }
  return parts.join('/');
}

/** What the archive's reader can be told about a path: text, shortened. */
export function showPath(path: ByteString): string {
  const text = fromByteString(path).replaceAll(/\p{Cc}/gu, '?');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function refuse(path: ByteString, reason: string): EngineError {
  return new EngineError('invalid-argument', `the archive has an entry "${showPath(path)}" that is refused: ${reason}`);
}
