import { type Attribute, be32, FLAGS, type Message, nested, raw, text } from './message.js';

/** nf_tables over nfnetlink: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h */
const SUBSYSTEM = 10 << 8;
const KIND = {
  newTable: 0,
  deleteTable: 2,
  newChain: 3,
  newRule: 6,
  deleteRule: 8,
  newSet: 9,
  getSet: 10,
  newElement: 12,
  deleteElement: 14,
} as const;
const BATCH = { begin: 16, end: 17 } as const;
const NFPROTO_INET = 1;
const CREATE = FLAGS.create;

/** Hooks and priorities of linux/netfilter.h and linux/netfilter_ipv4.h. */
export const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
export const PRIORITIES = { raw: -300, destinationNat: -100, filter: 0, sourceNat: 100 } as const;

/** What the kernel does wholly or not at all; it answers for the last. */
export function makeBatch(messages: readonly Message[]): readonly Message[] {
  const last = messages.length - 1;
  const answered = messages.map((message, index) =>
    index === last ? { ...message, flags: message.flags | FLAGS.ack } : message,
  );
  return [batchEdge(BATCH.begin), ...answered, batchEdge(BATCH.end)];
}

function batchEdge(type: number): Message {
  // nfgen_family, version, res_id: the subsystem, big-endian
  return { type, flags: 0, header: Uint8Array.of(0, 0, 0, SUBSYSTEM >> 8), attributes: [] };
}

function filterMessage(kind: number, flags: number, attributes: readonly Attribute[]): Message {
  return { type: SUBSYSTEM | kind, flags, header: Uint8Array.of(NFPROTO_INET, 0, 0, 0), attributes };
}

/** It is there already: nothing happens. */
export function makeTable(table: string): Message {
  return filterMessage(KIND.newTable, CREATE, [text(1, table)]);
}

export function deleteTable(table: string): Message {
  return filterMessage(KIND.deleteTable, 0, [text(1, table)]);
}

export interface Chain {
  readonly table: string;
  readonly name: string;
  /** Absent: other chains jump to it. */
  readonly base?: {
    readonly type: 'filter' | 'nat';
    readonly hook: keyof typeof HOOKS;
    readonly priority: keyof typeof PRIORITIES;
  };
}

export function makeChain({ table, name, base }: Chain): Message {
  const hook = base && [
    nested(4, be32(1, HOOKS[base.hook]), be32(2, PRIORITIES[base.priority] >>> 0)),
    be32(5, VERDICT_ACCEPT),
    text(7, base.type),
  ];
  return filterMessage(KIND.newChain, CREATE, [text(1, table), text(3, name), ...(hook ?? [])]);
}

/** All rules of a chain go. */
export function flushChain(table: string, chain: string): Message {
  return filterMessage(KIND.deleteRule, 0, [text(1, table), text(2, chain)]);
}

export type Expression = Attribute;

export function addRule(table: string, chain: string, expressions: readonly Expression[]): Message {
  return filterMessage(KIND.newRule, CREATE | FLAGS.append, [
    text(1, table),
    text(2, chain),
    nested(4, ...expressions.map(({ type, value }) => ({ type, value }))),
  ]);
}

/** Types of keys as nft(8) numbers them, so that it can show a set in words. */
export const DATA_TYPES = { ipv4: 7, ipv6: 8, protocol: 12, port: 13 } as const;
export type DataType = keyof typeof DATA_TYPES;

const BYTES: Readonly<Record<DataType, number>> = { ipv4: 4, ipv6: 16, protocol: 4, port: 4 };

export interface SetSpec {
  readonly table: string;
  readonly name: string;
  /** Unique among the sets of one batch. */
  readonly id: number;
  readonly key: readonly DataType[];
  /** It is a map. */
  readonly value?: readonly DataType[];
}

/** A set of keys of several parts, or a map from them to values of several parts. */
export function makeSet({ table, name, id, key, value }: SetSpec): Message {
  const NFT_SET_MAP = 8;
  return filterMessage(KIND.newSet, CREATE, [
    text(1, table),
    text(2, name),
    be32(3, value === undefined ? 0 : NFT_SET_MAP),
    be32(4, toTypeNumber(key)),
    be32(5, sizeOf(key)),
    ...(value === undefined ? [] : [be32(6, toTypeNumber(value)), be32(7, sizeOf(value))]),
    be32(10, id),
  ]);
}

/** Answered with ENOENT where there is no set or map of that name, or no table. No part of a batch. */
export function findSet(table: string, name: string): Message {
  return filterMessage(KIND.getSet, FLAGS.ack, [text(1, table), text(2, name)]);
}

/** Six bits a part. */
function toTypeNumber(types: readonly DataType[]): number {
  return types.reduce((number, type) => (number << 6) | DATA_TYPES[type], 0);
}

function sizeOf(types: readonly DataType[]): number {
  return types.reduce((sum, type) => sum + BYTES[type], 0);
}

/** Parts of a key or a value, each filled up to four bytes. */
export function joinParts(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)])));
}

export function port(number: number): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}

/** Of a map or a set. */
export interface MapElement {
  readonly table: string;
  readonly map: string;
  readonly key: Uint8Array;
}

/** It is there already: nothing happens. A set has no values. */
export function addElement({ table, map, key, value }: MapElement & { readonly value?: Uint8Array }): Message {
  const element = nested(1, nested(1, raw(1, key)), ...(value === undefined ? [] : [nested(2, raw(1, value))]));
  return filterMessage(KIND.newElement, CREATE, [text(1, table), text(2, map), nested(3, element)]);
}

export function deleteElement({ table, map, key }: MapElement): Message {
  return filterMessage(KIND.deleteElement, 0, [
    text(1, table),
    text(2, map),
    nested(3, nested(1, nested(1, raw(1, key)))),
  ]);
}

const VERDICT_ACCEPT = 1;
const VERDICT_DROP = 0;
const VERDICT_JUMP = 0xffff_fffd;

/** Registers of four bytes: an expression's result, and the parts of a key side by side. */
const REGISTER = (index: number): number => 8 + index;

function expression(name: string, ...attributes: readonly Attribute[]): Expression {
  return nested(1, text(1, name), nested(2, ...attributes));
}

const META = { length: 0, inputName: 6, outputName: 7, protocolFamily: 15, transport: 16 } as const;

export function loadMeta(what: keyof typeof META, register = 0): Expression {
  return expression('meta', be32(1, REGISTER(register)), be32(2, META[what]));
}

const HEADER = { network: 1, transport: 2 } as const;

export function loadPayload(header: keyof typeof HEADER, offset: number, length: number, register = 0): Expression {
  return expression('payload', be32(1, REGISTER(register)), be32(2, HEADER[header]), be32(3, offset), be32(4, length));
}

export function compare(is: 'equal' | 'different', value: Uint8Array): Expression {
  return expression('cmp', be32(1, REGISTER(0)), be32(2, is === 'equal' ? 0 : 1), nested(3, raw(1, value)));
}

/** Only the bits of the mask. */
export function maskBits(mask: Uint8Array): Expression {
  return expression(
    'bitwise',
    be32(1, REGISTER(0)),
    be32(2, REGISTER(0)),
    be32(3, mask.length),
    nested(4, raw(1, mask)),
    nested(5, raw(1, Buffer.alloc(mask.length))),
  );
}

/** What the host thinks of the destination: RTN_LOCAL is an address of its own. */
export function loadDestinationType(): Expression {
  const NFT_FIB_RESULT_ADDRTYPE = 3;
  const NFTA_FIB_F_DADDR = 2;
  return expression('fib', be32(1, REGISTER(0)), be32(2, NFT_FIB_RESULT_ADDRTYPE), be32(3, NFTA_FIB_F_DADDR));
}

const CONNECTION = { state: 0, status: 2 } as const;

export function loadConnection(what: keyof typeof CONNECTION): Expression {
  return expression('ct', be32(1, REGISTER(0)), be32(2, CONNECTION[what]));
}

/** A map's value for the key that begins in the first register, from there on. Without one the rule ends. */
export function lookUp(map: string): Expression {
  return expression('lookup', text(1, map), be32(2, REGISTER(0)), be32(3, REGISTER(0)));
}

/** Without the key that begins in the first register the rule ends. */
export function isIn(set: string): Expression {
  return expression('lookup', text(1, set), be32(2, REGISTER(0)));
}

/** To the address in the first register and the port in the one behind it. */
export function translateDestination(family: 4 | 6): Expression {
  const NFT_NAT_DNAT = 1;
  const number = family === 4 ? 2 : 10;
  const portRegister = REGISTER(family === 4 ? 1 : 4);
  return expression('nat', be32(1, NFT_NAT_DNAT), be32(2, number), be32(3, REGISTER(0)), be32(5, portRegister));
}

/** The address in register 0 becomes the source; ports stay as they are where they can. */
export function translateSource(family: 4 | 6): Expression {
  const NFT_NAT_SNAT = 0;
  return expression('nat', be32(1, NFT_NAT_SNAT), be32(2, family === 4 ? 2 : 10), be32(3, REGISTER(0)));
}

export function masquerade(): Expression {
  return expression('masq');
}

export function decide(verdict: 'accept' | 'drop' | { readonly jump: string }): Expression {
  const VERDICT_REGISTER = 0;
  const data =
    typeof verdict === 'string'
      ? [be32(1, verdict === 'accept' ? VERDICT_ACCEPT : VERDICT_DROP)]
      : [be32(1, VERDICT_JUMP), text(2, verdict.jump)];
  return expression('immediate', be32(1, VERDICT_REGISTER), nested(2, nested(2, ...data)));
}

/** The name of an interface as the kernel compares it: 16 bytes. */
export function interfaceName(name: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write(name);
  return bytes;
}

/** A constant in a register. */
export function setRegister(register: number, value: Uint8Array): Expression {
  return expression('immediate', be32(1, REGISTER(register)), nested(2, raw(1, value)));
}
