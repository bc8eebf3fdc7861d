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
  const records = [
    ...plan.settings.map(([word, ...fields]) => encodeRecord(SETTING_KINDS[word], fields)),
    ...plan.operations.map(([word, ...fields]) => encodeRecord(OPERATION_KINDS[word], fields)),
  ];
  const bytes = Buffer.concat([MAGIC, ...records]);
  if (bytes.length > MAX_PLAN_BYTES) {
    throw new EngineError(
      'invalid-argument',
      `the container's settings take ${bytes.length} bytes: at most ${MAX_PLAN_BYTES} are possible; shorten its arguments or environment`,
    );
  }
  return bytes;
}

function encodeRecord(kind: number, fields: readonly PlanField[]): Buffer {
  const parts = fields.map(toBytes);
  const record = Buffer.alloc(8 + parts.reduce((sum, part) => sum + 4 + part.length + 1, 0));
  record.writeUInt32LE(kind, 0);
  record.writeUInt32LE(parts.length, 4);
  let offset = 8;
  for (const part of parts) {
    record.writeUInt32LE(part.length, offset);
    record.set(part, offset + 4);
    offset += 4 + part.length + 1;
  }
  return record;
}

function toBytes(field: PlanField): Uint8Array {
  if (field instanceof Uint8Array) {
    return field;
  }
  const text = String(field);
  if (text.includes('\0')) {
    throw new EngineError('invalid-argument', `invalid value ${JSON.stringify(text)}: it contains a NUL byte`);
  }
  return Buffer.from(text, 'utf8');
}
