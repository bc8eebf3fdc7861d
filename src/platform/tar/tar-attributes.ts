import { EngineError } from '../../model/errors.js';
import type { ByteString, Segment } from './file-entry.js';
import type { PaxRecord } from './pax-records.js';
import { parseSparseList } from './sparse-map.js';

/** What extended headers say about the entry that follows them; they win over its own header. */
export interface TarAttributes {
  path?: ByteString;
  linkPath?: ByteString;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: { readonly seconds: number; readonly nanoseconds: number };
  xattrs?: Map<ByteString, Uint8Array>;
  sparse?: SparseAttributes;
}

interface SparseAttributes {
  realSize?: number;
  name?: ByteString;
  /** Format 1.0: the map stands in front of the content. */
  mapInContent?: boolean;
  map?: Segment[];
  offset?: string;
}

const XATTR = 'SCHILY.xattr.';
const SIZE_MAX = 2 ** 50;
const ID_MAX = 2 ** 32 - 2;

export function applyPaxRecord(attributes: TarAttributes, [key, value]: PaxRecord): void {
  if (key.startsWith(XATTR)) {
    attributes.xattrs ??= new Map();
    attributes.xattrs.set(checkText(key.slice(XATTR.length)), value);
    return;
  }
  if (key.startsWith('GNU.sparse.')) {
    attributes.sparse ??= {};
    applySparseRecord(attributes.sparse, key, value.toString('latin1'));
    return;
  }
  applyPlainRecord(attributes, key, value);
}

function applyPlainRecord(attributes: TarAttributes, key: ByteString, value: Buffer): void {
  const text = value.toString('latin1');
  switch (key) {
    case 'path':
      attributes.path = checkText(text);
      break;
    case 'linkpath':
      attributes.linkPath = checkText(text);
      break;
    case 'size':
      attributes.size = checkSize(parseDecimal(text));
      break;
    case 'uid':
      attributes.uid = checkId(parseDecimal(text));
      break;
    case 'gid':
      attributes.gid = checkId(parseDecimal(text));
      break;
    case 'mtime':
      attributes.mtime = parseTime(text);
      break;
    default:
    // Comments, other times, names of users and whatever a program adds say nothing that a layer keeps.
  }
}

function applySparseRecord(sparse: SparseAttributes, key: ByteString, text: string): void {
  switch (key.slice('GNU.sparse.'.length)) {
    case 'major':
      sparse.mapInContent = text === '1';
      break;
    case 'name':
      sparse.name = checkText(text);
      break;
    case 'size':
    case 'realsize':
      sparse.realSize = checkSize(parseDecimal(text));
      break;
    case 'map':
      sparse.map = parseSparseList(text);
      break;
    case 'offset':
      sparse.offset = text;
      break;
    case 'numbytes':
      sparse.map = [...(sparse.map ?? []), ...parseSparseList(`${sparse.offset},${text}`)];
      break;
    default:
    // `minor` and `numblocks` repeat what the rest says.
  }
}

export function checkSize(size: number): number {
  if (size < 0 || size > SIZE_MAX) throw refuse('an absurd size');
  return size;
}

export function checkId(id: number): number {
  if (id < 0 || id > ID_MAX) throw refuse('a user or group id out of range');
  return id;
}

export function checkText(text: ByteString): ByteString {
  if (text === '' || text.includes('\0')) throw refuse('an empty name or one with a NUL');
  return text;
}

function parseDecimal(text: string): number {
  if (!/^-?\d{1,19}$/.test(text)) throw refuse('a malformed number');
  return Number(text);
}

/** Decimal seconds with a fraction. Read as text: a double has not the digits for nanoseconds. */
function parseTime(text: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw refuse('a malformed time');
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  const seconds = Number(match[2]);
  if (match[1] !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

function refuse(what: string): EngineError {
  return new EngineError('invalid-argument', `the archive has an entry with ${what}`);
}
