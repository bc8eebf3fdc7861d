import type { AccessControl } from '../access/access-control.js';
import { replyJson } from '../reply.js';
import type { Call, Route } from '../route.js';

/** Where a Bearer challenge sends clients. docs.docker.com, "Token authentication specification". */
export function createTokenRoutes(access: AccessControl): readonly Route[] {
  return [
    { name: 'token', path: /^\/token$/, methods: { GET: { action: 'enter', run: (call) => giveToken(access, call) } } },
  ];
}

async function giveToken(access: AccessControl, { request, response }: Call): Promise<void> {
  const { token, expiresInSeconds } = await access.issueToken(request);
  const issued = { issued_at: new Date().toISOString(), expires_in: expiresInSeconds };
  replyJson(response, 200, { token, access_token: token, ...issued }, { 'Cache-Control': 'no-store' });
}
