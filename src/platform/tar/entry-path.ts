import { EngineError } from '../../model/errors.js';
import { type ByteString, fromByteString } from './file-entry.js';

const PATH_MAX = 4095;
const NAME_MAX = 255;
const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The path of an entry relative to the root: without a leading `/`, without `.` and empty parts; '' is the root. Rejects
 * what could name something outside: `..` anywhere, NUL, and names that no file system takes.
 */
export function cleanEntryPath(path: ByteString): ByteString {
  if (path.includes('\0')) throw refuse(path, 'its name holds a NUL');
  if (path.length > PATH_MAX) throw refuse(path, `its name is longer than ${PATH_MAX} bytes`);
  if (isClean(path)) return path;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts) {
    if (part === '..') throw refuse(path, 'it leads out of the root');
    if (part.length > NAME_MAX) throw refuse(path, `a part of its name is longer than ${NAME_MAX} bytes`);
  }
  return parts.join('/');
}

/** As most are: nothing but names, one slash between them. */
function isClean(path: ByteString): boolean {
  let nameAt = 0;
  for (let at = 0; at <= path.length; at++) {
    if (at < path.length && path.charCodeAt(at) !== SLASH) continue;
    const length = at - nameAt;
    // Empty, or longer than a file system takes; and all that could be `.` or `..`.
    if (length === 0 || length > NAME_MAX || (length < 3 && path.charCodeAt(nameAt) === DOT)) return false;
    nameAt = at + 1;
  }
  return true;
}

/** What the archive's reader can be told about a path: text, shortened. */
export function showPath(path: ByteString): string {
  const text = fromByteString(path).replaceAll(/\p{Cc}/gu, '?');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function refuse(path: ByteString, reason: string): EngineError {
  return new EngineError('invalid-argument', `the archive has an entry "${showPath(path)}" that is refused: ${reason}`);
}
