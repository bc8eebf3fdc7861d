import { EngineError } from './errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Rejects: invalid-argument, naming `what`. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new EngineError('invalid-argument', `${what} is no JSON`, { cause: error });
  }
}

/** These give an empty value for what is something else: fields that are not understood count as absent. */
export function toObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

export function toTexts(value: unknown): readonly string[] {
  return toList(value).filter((one) => typeof one === 'string');
}

/** Members that are texts. */
export function toTextMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(toObject(value)).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one]] : [])),
  );
}
