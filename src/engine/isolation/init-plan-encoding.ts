import { EngineError } from '../../model/errors.js';
import { OPERATION_KINDS, type OperationWord, SETTING_KINDS, type SettingWord } from './plan-words.js';

/** Numbers travel as decimal text; bytes only where the table says so (a filter program, the plan of a probe). */
export type PlanField = string | number | Uint8Array;
export type PlanSetting = readonly [SettingWord, ...PlanField[]];
export type PlanOperation = readonly [OperationWord, ...PlanField[]];

/** What native/plan.c reads: settings for the monitor, operations for the first process. */
export interface Plan {
  readonly settings: readonly PlanSetting[];
  readonly operations: readonly PlanOperation[];
}

/** The longest plan that native/plan.c takes, bytes. */
const MAX_PLAN_BYTES = 1024 * 1024;
const MAGIC = Buffer.from('GPLAN\0\0\x01', 'latin1');

/**
 * The bytes of a plan: the magic, then `u32 kind, u32 count, count times (u32 length, bytes, NUL)`, little-endian.
 * Throws invalid-argument where a text holds a NUL or the whole is longer than the reader takes.
 */
export function encodePlan(plan: Plan): Buffer {
  const length = [...plan.settings, ...plan.operations].reduce(
    (sum, record) => sum + mostBytesOf(record),
    MAGIC.length,
  );
  const room = Buffer.allocUnsafe(length);
  let end = MAGIC.copy(room);
  for (const [word, ...fields] of plan.settings) end = writeRecord(room, end, SETTING_KINDS[word], fields);
  for (const [word, ...fields] of plan.operations) end = writeRecord(room, end, OPERATION_KINDS[word], fields);
  if (end > MAX_PLAN_BYTES) {
    throw new EngineError(
      'invalid-argument',
      `the container's settings take ${end} bytes: at most ${MAX_PLAN_BYTES} are possible; shorten its arguments or environment`,
    );
  }
  return room.subarray(0, end);
}

/**
 * A plan as a monitor reads it: its length before it, u32. So the monitor goes on with the last byte; the end of a stream is told
 * only when this process does nothing else any more.
 */
export function withLength(plan: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plan.length);
  return Buffer.concat([length, plan]);
}

/** A UTF-16 unit is three bytes of UTF-8 at most; a number has 25 characters at most. */
function mostBytesOf([, ...fields]: PlanSetting | PlanOperation): number {
  return fields.reduce<number>(
    (sum, field) =>
      sum + 5 + (typeof field === 'string' ? 3 * field.length : typeof field === 'number' ? 25 : field.length),
    8,
  );
}

/** Where it ends. */
function writeRecord(room: Buffer, at: number, kind: number, fields: readonly PlanField[]): number {
  room.writeUInt32LE(kind, at);
  let end = room.writeUInt32LE(fields.length, at + 4);
  for (const field of fields) {
    const length = typeof field === 'object' ? copyInto(room, end + 4, field) : writeText(room, end + 4, String(field));
    room.writeUInt32LE(length, end);
    end = room.writeUInt8(0, end + 4 + length);
  }
  return end;
}

function copyInto(room: Buffer, at: number, bytes: Uint8Array): number {
  room.set(bytes, at);
  return bytes.length;
}

function writeText(room: Buffer, at: number, text: string): number {
  if (text.includes('\0')) {
    throw new EngineError('invalid-argument', `invalid value ${JSON.stringify(text)}: it contains a NUL byte`);
  }
  return room.write(text, at, 'utf8');
}
