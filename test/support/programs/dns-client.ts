// Asks a DNS server what its parent wants to know: run by nsenter, in the network of a container. Over the channel to the
// parent: a request each, and its answers as hex digits when they are all there or the time is over.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

export interface DnsClientRequest {
  readonly index: number;
  readonly protocol: 'udp' | 'tcp';
  readonly server: string;
  readonly port: number;
  /** Sent one after the other from one socket. */
  readonly queries: readonly string[];
  /** How long to wait for as many answers. */
  readonly limitMs: number;
}

export interface DnsClientReply {
  readonly index: number;
  /** In the order in which they came. */
  readonly answers: readonly string[];
}

function reply(index: number, answers: readonly string[]): void {
  process.send?.({ index, answers } satisfies DnsClientReply);
}

function askDatagrams({ index, server, port, queries, limitMs }: DnsClientRequest): void {
  const socket = createSocket('udp4');
  const answers: string[] = [];
  const finish = (): void => {
    clearTimeout(timer);
    socket.close();
    reply(index, answers);
  };
  const timer = setTimeout(finish, limitMs);
  socket.on('error', finish);
  socket.on('message', (bytes) => {
    answers.push(bytes.toString('hex'));
    if (answers.length === queries.length) finish();
  });
  for (const query of queries) socket.send(Buffer.from(query, 'hex'), port, server);
}

function withLength(query: string): Buffer {
  const bytes = Buffer.from(query, 'hex');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function askStream({ index, server, port, queries, limitMs }: DnsClientRequest): void {
  const socket = connect(port, server);
  const answers: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), limitMs);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(timer);
    reply(index, answers);
  });
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      answers.push(rest.toString('hex', 2, end));
      rest = rest.subarray(end);
    }
    if (answers.length === queries.length) socket.destroy();
  });
  socket.write(Buffer.concat(queries.map(withLength)));
}

process.on('message', (request: DnsClientRequest) => {
  if (request.protocol === 'udp') askDatagrams(request);
  else askStream(request);
});
process.on('disconnect', () => process.exit());
