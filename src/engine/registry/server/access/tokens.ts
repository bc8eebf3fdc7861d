import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Tokens that say who somebody is, signed with a key of this process; not what they may, which is looked up. */
export interface Tokens {
  /** Of nobody in particular where `user` is undefined. */
  issue(user: string | undefined): { readonly token: string; readonly expiresInSeconds: number };
  /** Undefined where it is none of ours or has expired. */
  verify(token: string): { readonly user: string | undefined } | undefined;
}

const LIFE_SECONDS = 300;

export function createTokens(nowMs: () => number): Tokens {
  const key = randomBytes(32);
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest();
  return {
    issue(user) {
      const content = JSON.stringify({ user, untilMs: nowMs() + LIFE_SECONDS * 1000 });
      const payload = Buffer.from(content).toString('base64url');
      return { token: `${payload}.${sign(payload).toString('base64url')}`, expiresInSeconds: LIFE_SECONDS };
    },
    verify(token) {
      const [payload = '', signature = ''] = token.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      // Its signature says that it was written above.
      const { user, untilMs } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Content;
      return untilMs > nowMs() ? { user } : undefined;
    },
  };
}

interface Content {
  readonly user?: string;
  readonly untilMs: number;
}
