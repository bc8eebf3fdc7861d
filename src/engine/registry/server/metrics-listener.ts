import type { ListenAddress } from '../../../model/registry-options.js';
import { type Listener, startListener } from './http-listener.js';
import type { Metrics } from './metrics.js';

/** Serves `GET /metrics` on an address of its own: those who look at a registry's numbers are others than its users. */
export async function startMetricsListener(address: ListenAddress, metrics: Metrics): Promise<Listener> {
  return await startListener({
    ...{ address, tls: undefined, idleMs: 60_000, warn: () => undefined },
    onRequest: (request, response) => {
      const isAsked = request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD');
      response.writeHead(isAsked ? 200 : 404, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(isAsked ? metrics.format() : 'see /metrics\n');
    },
  });
}
