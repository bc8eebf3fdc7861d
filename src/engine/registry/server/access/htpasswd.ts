import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compare } from 'bcryptjs';
import { EngineError } from '../../../../model/errors.js';
import { RegistryError } from '../registry-error.js';

/** Bcrypt hashes by user, as `htpasswd -B` of Apache writes them. */
export type PasswordFile = ReadonlyMap<string, string>;

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
/** Of no password: takes the time that a real one takes. */
const NOBODY = '$2b$10$GhkdxkjiVOzGYPsmzRlQluOp7KLP2AMd/IJmhwgz9O4IR39JH6aqq';
const WAITING_MAX = 64;

/** Rejects: invalid-argument, naming the line. */
export function parseHtpasswd(text: string): PasswordFile {
  const entries = text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }): [string, string] => {
      const colon = line.indexOf(':');
      const hash = line.slice(colon + 1);
      if (colon < 1 || !BCRYPT.test(hash)) {
        throw new EngineError('invalid-argument', `line ${number} is no bcrypt entry: make it with htpasswd -B`);
      }
      return [line.slice(0, colon), hash];
    });
  return new Map(entries);
}

/** Tells whether passwords are right. */
export interface PasswordCheck {
  /** Rejects: RegistryError 429 (too many wait: bcrypt is slow on purpose). */
  isRight(user: string, password: string): Promise<boolean>;
}

/**
 * One password is compared at a time, so that guessing takes no more than its share. What was right is remembered as a
 * keyed hash: a push has many requests, and each brings the password.
 */
export function createPasswordCheck(read: () => PasswordFile): PasswordCheck {
  const key = randomBytes(32);
  const known = new Map<string, { readonly hash: string; readonly mark: Buffer }>();
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async isRight(user, password) {
      const hash = read().get(user);
      const mark = createHmac('sha256', key).update(password).digest();
      const before = known.get(user);
      if (before !== undefined && before.hash === hash && timingSafeEqual(before.mark, mark)) return true;
      if (waiting >= WAITING_MAX) {
        throw new RegistryError(429, 'TOOMANYREQUESTS', 'too many passwords wait to be compared', {
          'Retry-After': '5',
        });
      }
      waiting++;
      const turn = queue.then(() => compare(password, hash ?? NOBODY));
      queue = turn.catch(() => undefined);
      const isSame = await turn.finally(() => {
        waiting--;
      });
      if (!isSame || hash === undefined) return false;
      known.set(user, { hash, mark });
      return true;
    },
  };
}
