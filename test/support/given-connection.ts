import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type ListenOptions, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findDescriptor } from '../../src/api/server/socket-descriptor.js';
import type { AttachClient } from './attach-client.js';
import { waitUntil } from './wait-until.js';

/** A connection of which a test has both ends: one for a monitor to take over, and one of whoever is attached. */
export interface GivenConnection {
  readonly descriptor: number;
  readonly client: Socket;
  /** The other end. */
  readonly given: Socket;
  /** All that has come. */
  received(): Buffer;
  /** The other side has closed its half. */
  isEnded(): boolean;
  /** Closes the end that was given away in this process. */
  leave(): void;
}

/** Ends with the test. The client's own half stays open until it closes it. */
export async function makeConnection(t: TestContext, kind: 'unix' | 'tcp' = 'unix'): Promise<GivenConnection> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-given-'));
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const path = join(folder, 's');
  const place: ListenOptions = kind === 'unix' ? { path } : { host: '127.0.0.1', port: 0 };
  server.listen(place);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ ...(kind === 'unix' ? { path } : { host: '127.0.0.1', port }), allowHalfOpen: true });
  const [given] = await accepted;
  server.close();
  const parts: Buffer[] = [];
  client.on('data', (bytes: Buffer) => parts.push(bytes));
  client.on('error', () => undefined);
  t.after(() => {
    client.destroy();
    given.destroy();
    rmSync(folder, { recursive: true });
  });
  return {
    client,
    given,
    descriptor: findDescriptor(given) ?? -1,
    received: () => Buffer.concat(parts),
    isEnded: () => client.readableEnded || client.destroyed,
    leave: () => void given.destroy(),
  };
}

/** `HAND_OVER` and its answer. */
export async function offer(
  control: AttachClient,
  descriptor: number,
  options: { readonly isFramed?: boolean; readonly keys?: string } = {},
): Promise<Record<string, unknown>> {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(descriptor, 0);
  head.writeUInt8(options.isFramed === true ? 1 : 0, 4);
  const before = control.answers().length;
  control.send(12, Buffer.concat([head, Buffer.from(options.keys ?? '')]));
  return await waitUntil('the answer', () => control.answers()[before]);
}

/** From then on the monitor alone has it. */
export function begin(control: AttachClient, { leave }: GivenConnection, matchedKeys = 0): void {
  control.send(13, Buffer.from([7, matchedKeys]));
  leave();
}
