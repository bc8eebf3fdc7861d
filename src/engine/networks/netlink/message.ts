/**
 * Messages of netlink(7), in the byte order of the machine, which is little-endian wherever Node runs on Linux for Gantry. What is a
 * network's own, addresses and ports, is big-endian; who makes such a value encodes it.
 */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array | readonly Attribute[];
}

export interface Message {
  readonly type: number;
  /** NLM_F_… beside NLM_F_REQUEST. */
  readonly flags: number;
  /** The fixed part of the message's kind: ifinfomsg, rtmsg, nfgenmsg … */
  readonly header: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** linux/netlink.h */
export const FLAGS = { ack: 0x4, replace: 0x100, excl: 0x200, create: 0x400, append: 0x800 } as const;

const NLM_F_REQUEST = 1;
const NLA_F_NESTED = 0x8000;
const HEADER_BYTES = 16;

/** The messages one after the other, as one call of send(2) takes them. */
export function encodeMessages(messages: readonly Message[]): Buffer {
  return Buffer.concat(messages.map((message, index) => encodeMessage(message, index + 1)));
}

function encodeMessage({ type, flags, header, attributes }: Message, sequence: number): Buffer {
  const body = Buffer.concat([pad(header), encodeAttributes(attributes)]);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32LE(HEADER_BYTES + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(NLM_F_REQUEST | flags, 6);
  head.writeUInt32LE(sequence, 8);
  return Buffer.concat([head, body]);
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(attributes.map(encodeAttribute));
}

function encodeAttribute({ type, value }: Attribute): Buffer {
  const isNested = !(value instanceof Uint8Array);
  const payload = isNested ? encodeAttributes(value) : value;
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + payload.length, 0);
  head.writeUInt16LE(isNested ? type | NLA_F_NESTED : type, 2);
  return Buffer.concat([head, pad(payload)]);
}

function pad(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}

export function nested(type: number, ...value: readonly Attribute[]): Attribute {
  return { type, value };
}

export function raw(type: number, value: Uint8Array): Attribute {
  return { type, value };
}

/** With the NUL at its end. */
export function text(type: number, value: string): Attribute {
  return { type, value: Buffer.from(`${value}\0`) };
}

export function u8(type: number, value: number): Attribute {
  return { type, value: Uint8Array.of(value) };
}

export function u16(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return { type, value: bytes };
}

export function u32(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return { type, value: bytes };
}

/** Numbers of nf_tables are big-endian. */
export function be32(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return { type, value: bytes };
}
