import { EngineError } from './errors.js';

/** RFC 4180 without line ends: a field in quotes may hold commas, and two quotes for one. Throws invalid-argument in Go's words. */
export function splitCsvFields(text: string): readonly string[] {
  if (text === '') throw fail('EOF');
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const quoted = text[at] === '"' ? /^"((?:[^"]|"")*)"(?=,|$)/.exec(text.slice(at)) : undefined;
    if (quoted === null)
      throw fail(`parse error on line 1, column ${text.length + 1}: extraneous or missing " in quoted-field`);
    const plain = /^[^,]*/.exec(text.slice(at))?.[0] ?? '';
    if (quoted === undefined && plain.includes('"')) {
      throw fail(`parse error on line 1, column ${at + plain.indexOf('"') + 1}: bare " in non-quoted-field`);
    }
    fields.push(quoted?.[1]?.replaceAll('""', '"') ?? plain);
    at += (quoted?.[0] ?? plain).length + 1;
  }
  return fields;
}

function fail(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
