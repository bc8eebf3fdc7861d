import { EngineError } from '../../model/errors.js';
import type { ByteString } from './file-entry.js';

export type PaxRecord = readonly [key: ByteString, value: Buffer];

/** The records of an extended header: `LENGTH KEY=VALUE\n`, where values may hold anything. pax(1), "Extended Header". */
export function parsePaxRecords(bytes: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, Math.min(space, at + 8));
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space + 1);
    const isRecord = /^[1-9]\d*$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a;
    if (!isRecord || equals < 0 || equals >= end) {
      throw new EngineError('invalid-argument', 'the archive has a malformed extended header');
    }
    records.push([bytes.toString('latin1', space + 1, equals), Buffer.from(bytes.subarray(equals + 1, end - 1))]);
    at = end;
  }
  return records;
}

/** Of keys and values, both as bytes. */
export function formatPaxRecords(records: readonly (readonly [key: ByteString, value: ByteString])[]): ByteString {
  let text = '';
  for (const [key, value] of records) text += formatRecord(key, value);
  return text;
}

function formatRecord(key: ByteString, value: ByteString): ByteString {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  // The length counts its own digits, which can make it one digit longer.
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
