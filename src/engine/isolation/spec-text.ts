import type { RuntimeSpec } from './oci-spec.js';
import { UNLIMITED } from './rlimits.js';

declare global {
  interface JSON {
    /** A number's own text in the output; ECMAScript 2026, in Node since 22. */
    rawJSON(text: string): unknown;
  }
}

/** The text of a bundle's config.json. Numbers of 64 bits keep every digit: `RLIM_INFINITY` and seccomp's arguments. */
export function formatRuntimeSpec(spec: RuntimeSpec): string {
  return JSON.stringify(spec, (_key, value: unknown) => {
    if (typeof value === 'bigint') {
      return JSON.rawJSON(String(value));
    }
    return value === UNLIMITED ? JSON.rawJSON(String(2n ** 64n - 1n)) : value;
  });
}
