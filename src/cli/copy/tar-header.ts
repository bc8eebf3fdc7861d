/** One entry of a tar as it is written and read. POSIX.1-2001, pax interchange format. */
export interface TarEntry {
  /** Without a leading slash; a directory's without the one at its end. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly linkTarget: string;
}

export const BLOCK = 512;

const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5', fifo: '6', other: '0' } as const;
const MAX_OCTAL_7 = 0o7_777_777;
const MAX_OCTAL_11 = 0o77_777_777_777;

/** The header blocks of an entry: one, or three where a value does not fit into the old fields. */
export function encodeHeader(entry: TarEntry): Uint8Array {
  const name = entry.type === 'directory' ? `${entry.name}/` : entry.name;
  const records = [
    ...(Buffer.byteLength(name) > 100 ? [paxRecord('path', name)] : []),
    ...(Buffer.byteLength(entry.linkTarget) > 100 ? [paxRecord('linkpath', entry.linkTarget)] : []),
    ...(entry.sizeBytes > MAX_OCTAL_11 ? [paxRecord('size', String(entry.sizeBytes))] : []),
    ...(entry.uid > MAX_OCTAL_7 ? [paxRecord('uid', String(entry.uid))] : []),
    ...(entry.gid > MAX_OCTAL_7 ? [paxRecord('gid', String(entry.gid))] : []),
  ];
  const block = encodeBlock(entry, { name, flag: TYPE_FLAGS[entry.type], sizeBytes: entry.sizeBytes });
  if (records.length === 0) {
    return block;
  }
  const pax = Buffer.from(records.join(''));
  const header = encodeBlock(entry, { name: 'PaxHeader', flag: 'x', sizeBytes: pax.length });
  return Buffer.concat([header, pax, Buffer.alloc(paddingOf(pax.length)), block]);
}

/** Bytes to the next block. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
}

interface BlockFields {
  readonly name: string;
  readonly flag: string;
  readonly sizeBytes: number;
}

function encodeBlock(entry: TarEntry, { name, flag, sizeBytes }: BlockFields): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, 100);
  writeOctal(block, 100, { digits: 7, value: entry.mode });
  writeOctal(block, 108, { digits: 7, value: Math.min(entry.uid, MAX_OCTAL_7) });
  writeOctal(block, 116, { digits: 7, value: Math.min(entry.gid, MAX_OCTAL_7) });
  writeOctal(block, 124, { digits: 11, value: Math.min(sizeBytes, MAX_OCTAL_11) });
  writeOctal(block, 136, { digits: 11, value: Math.max(0, Math.floor(entry.modifiedAtMs / 1000)) });
  block.write('        ', 148);
  block.write(flag, 156);
  Buffer.from(entry.linkTarget).copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

function writeOctal(block: Buffer, offset: number, field: { readonly digits: number; readonly value: number }): void {
  block.write(field.value.toString(8).padStart(field.digits, '0'), offset);
}

/** `LENGTH key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) {
    length = bytes + String(length).length;
  }
  return `${length}${rest}`;
}

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\u0000': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  '6': 'fifo',
};

export interface DecodedHeader {
  readonly entry: TarEntry;
  /** `x` and `g` for pax, `L` and `K` for GNU's long names. */
  readonly flag: string;
}

/** The header in a block; undefined for the zeros at the end. Throws where the checksum is wrong. */
export function decodeHeader(block: Buffer): DecodedHeader | undefined {
  if (block.every((byte) => byte === 0)) {
    return undefined;
  }
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (readNumber(block, 148, 8) !== sum) {
    throw new Error('invalid tar header');
  }
  const flag = String.fromCharCode(block[156] ?? 0);
  const prefix = readText(block, 257, 5) === 'ustar' && block[262] === 0 ? readText(block, 345, 155) : '';
  const name = prefix === '' ? readText(block, 0, 100) : `${prefix}/${readText(block, 0, 100)}`;
  const entry: TarEntry = {
    name,
    type: TYPES[flag] ?? 'other',
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    sizeBytes: readNumber(block, 124, 12),
    modifiedAtMs: readNumber(block, 136, 12) * 1000,
    linkTarget: readText(block, 157, 100),
  };
  return { entry, flag };
}

/** The entry with what a pax header says of it. */
export function applyPax(entry: TarEntry, pax: ReadonlyMap<string, string>): TarEntry {
  const number = (key: string) => (pax.has(key) ? Number(pax.get(key)) : undefined);
  const seconds = number('mtime');
  return {
    ...entry,
    name: pax.get('path') ?? entry.name,
    linkTarget: pax.get('linkpath') ?? entry.linkTarget,
    sizeBytes: number('size') ?? entry.sizeBytes,
    uid: number('uid') ?? entry.uid,
    gid: number('gid') ?? entry.gid,
    modifiedAtMs: seconds === undefined ? entry.modifiedAtMs : seconds * 1000,
  };
}

/** The records of a pax header. */
export function parsePax(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !(length > 0)) {
      throw new Error('invalid pax header');
    }
    const [key, ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=');
    records.set(key ?? '', value.join('='));
    at += length;
  }
  return records;
}

function readText(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return block.toString('utf8', offset, end < 0 || end > offset + length ? offset + length : end);
}

/** Octal text, or GNU's base 256 where the first bit is set. */
function readNumber(block: Buffer, offset: number, length: number): number {
  if (((block[offset] ?? 0) & 0x80) === 0) {
    return Number.parseInt(readText(block, offset, length).trim() || '0', 8);
  }
  return block.subarray(offset + 1, offset + length).reduce((value, byte) => value * 256 + byte, 0);
}
