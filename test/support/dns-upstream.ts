import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { decodeMessage } from './dns-messages.js';

export interface DnsUpstream {
  readonly address: string;
  /** What came, in its order. */
  readonly queries: readonly {
    readonly name: string;
    readonly id: number;
    readonly port: number;
    readonly bytes: Buffer;
  }[];
}

/** The bytes to answer with, none for silence; of several each is sent. */
export type DnsHandler = (query: Buffer, protocol: 'udp' | 'tcp') => readonly Buffer[];

let count = 0;

/** An address of the host's loopback that no other test has. */
export function ownLoopbackAddress(): string {
  count++;
  return `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}.${count}`;
}

/** A DNS server at port 53 of an address of the host's loopback, until the test ends. */
export async function startUpstream(t: TestContext, handler: DnsHandler): Promise<DnsUpstream> {
  const address = ownLoopbackAddress();
  const queries: { name: string; id: number; port: number; bytes: Buffer }[] = [];
  const take = (bytes: Buffer, port: number): void => {
    const { question, id } = decodeMessage(bytes);
    queries.push({ name: question?.name ?? '', id, port, bytes });
  };
  const datagrams = createSocket('udp4');
  datagrams.on('message', (bytes, from) => {
    take(bytes, from.port);
    for (const answer of handler(bytes, 'udp')) datagrams.send(answer, from.port, from.address);
  });
  const clients = new Set<Socket>();
  const streams = createServer((client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.on('data', (bytes) => {
      const query = bytes.subarray(2);
      take(query, client.remotePort ?? 0);
      for (const answer of handler(query, 'tcp')) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        client.write(Buffer.concat([length, answer]));
      }
    });
  });
  await new Promise<void>((resolve) => datagrams.bind(53, address, resolve));
  await new Promise<void>((resolve) => streams.listen(53, address, resolve));
  t.after(async () => {
    for (const client of clients) client.destroy();
    datagrams.close();
    await new Promise((resolve) => streams.close(resolve));
  });
  return { address, queries };
}
