import { replyJson } from '../reply.js';
import type { Route } from '../route.js';

/** `GET /v2/`: says that this is a registry, and asks who it is that comes. distribution-spec, "Determining Support". */
export function createBaseRoutes(): readonly Route[] {
  return [
    {
      name: 'base',
      path: /^\/v2\/?$/,
      methods: { GET: { action: 'know', run: ({ response }) => replyJson(response, 200, {}) } },
    },
  ];
}
