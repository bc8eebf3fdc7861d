/** Record types of DNS that tests use. */
export const TYPE = { A: 1, MX: 15, PTR: 12, TXT: 16, AAAA: 28, OPT: 41, ANY: 255 } as const;

export const CODE = { ok: 0, formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4, refused: 5 } as const;

export interface DnsQuery {
  readonly name: string;
  readonly type?: number;
  readonly id?: number;
  /** Default: recursion desired. */
  readonly flags?: number;
  /** Of an OPT record: how much may come over UDP, bytes. */
  readonly room?: number;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  /** An address, a name, or hex digits. */
  readonly data: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly isTruncated: boolean;
  readonly isRecursive: boolean;
  readonly code: number;
  readonly question: { readonly name: string; readonly type: number } | undefined;
  readonly answers: readonly DnsRecord[];
  readonly hasOptions: boolean;
  readonly bytes: Buffer;
}

export function encodeQuery({ name, type = TYPE.A, id = 0x1234, flags = 0x0100, room }: DnsQuery): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(1, 2);
  const options = Buffer.from('0000290000000000000000', 'hex');
  if (room !== undefined) options.writeUInt16BE(room, 3);
  return Buffer.concat([
    header(id, flags, 0, room === undefined ? 0 : 1),
    encodeName(name),
    tail,
    ...(room === undefined ? [] : [options]),
  ]);
}

/** What a server makes of a query: answers of type A, or a bare code. */
export function encodeAnswer(query: Buffer, addresses: readonly string[], code: number = CODE.ok): Buffer {
  const end = questionEnd(query);
  const records = addresses.map((address) =>
    Buffer.concat([Buffer.from('c00c000100010000003c0004', 'hex'), Buffer.from(address.split('.').map(Number))]),
  );
  return Buffer.concat([
    header(query.readUInt16BE(0), 0x8180 | code, addresses.length, 0),
    query.subarray(12, end),
    ...records,
  ]);
}

export function decodeMessage(bytes: Buffer): DnsMessage {
  const flags = bytes.readUInt16BE(2);
  const counts = [4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset));
  const [questions = 0, answerCount = 0, authorities = 0, additional = 0] = counts;
  const end = questions === 0 ? 12 : questionEnd(bytes);
  const records: DnsRecord[] = [];
  for (let at = end, left = answerCount + authorities + additional; left > 0; left--) {
    const name = decodeName(bytes, at);
    const length = bytes.readUInt16BE(name.end + 8);
    const type = bytes.readUInt16BE(name.end);
    const data = decodeData(bytes, type, name.end + 10, length);
    records.push({ name: name.text, type, ttl: bytes.readUInt32BE(name.end + 4), data });
    at = name.end + 10 + length;
  }
  return {
    id: bytes.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    isRecursive: (flags & 0x0080) !== 0,
    code: flags & 15,
    question: questions === 0 ? undefined : { name: decodeName(bytes, 12).text, type: bytes.readUInt16BE(end - 4) },
    answers: records.slice(0, answerCount),
    hasOptions: records.slice(answerCount).some(({ type }) => type === TYPE.OPT),
    bytes,
  };
}

function header(id: number, flags: number, answers: number, additional: number): Buffer {
  const bytes = Buffer.alloc(12);
  [id, flags, 1, answers, 0, additional].forEach((value, index) => {
    bytes.writeUInt16BE(value, index * 2);
  });
  return bytes;
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function questionEnd(bytes: Buffer): number {
  return decodeName(bytes, 12).end + 4;
}

function decodeName(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  for (let at = start; ; ) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      end ??= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      continue;
    }
    if (length === 0) return { text: labels.join('.'), end: end ?? at + 1 };
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
}

function decodeData(bytes: Buffer, type: number, at: number, length: number): string {
  if (type === TYPE.PTR) return decodeName(bytes, at).text;
  const data = bytes.subarray(at, at + length);
  if (type === TYPE.A) return data.join('.');
  const groups = Array.from({ length: length / 2 }, (_, index) => data.readUInt16BE(index * 2).toString(16));
  return type === TYPE.AAAA ? groups.join(':') : data.toString('hex');
}
