import type { TerminalSize } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { Query } from './query.js';

/** What a terminal can have: unsigned short of tty_ioctl(4). */
const MAX = 65_535;

/** `h` and `w` of a resize. Throws invalid-argument. */
export function readSize(query: Query): TerminalSize {
  const [rows, columns] = [query.integer('h'), query.integer('w')];
  if (isSide(rows) && isSide(columns)) return { rows, columns };
  throw new EngineError('invalid-argument', `invalid size of a terminal: h and w must be from 0 to ${MAX}`);
}

function isSide(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= MAX;
}
