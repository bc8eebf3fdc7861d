import { EngineError } from './errors.js';

const DEFAULT_KEYS = 'ctrl-p,ctrl-q';
const CONTROLS = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/** The bytes of a sequence such as `ctrl-p,ctrl-q` or `a,ctrl-x`. Throws invalid-argument. */
export function parseDetachKeys(text = DEFAULT_KEYS): Uint8Array {
  const bytes = text.split(',').map((key) => {
    const control = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
    const code = control === undefined ? key.charCodeAt(0) : CONTROLS.indexOf(control);
    if ((control === undefined && key.length !== 1) || code < 0) {
      throw new EngineError('invalid-argument', `invalid detach keys (${text}): Unknown character: '${key}'`);
    }
    return code;
  });
  return Uint8Array.from(bytes);
}

/** Looks for the detach keys in what is typed; holds a beginning of them back until it is clear what follows. */
export class DetachScanner {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** How many of the keys are held back. */
  get matched(): number {
    return this.#matched;
  }

  /** What goes on to the container, and whether the keys are complete. */
  scan(bytes: Uint8Array): { readonly pass: Uint8Array; readonly detach: boolean } {
    const pass: number[] = [];
    for (const byte of bytes) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) {
          return { pass: Uint8Array.from(pass), detach: true };
        }
      } else {
        pass.push(...this.#keys.subarray(0, this.#matched));
        this.#matched = byte === this.#keys[0] ? 1 : 0;
        if (this.#matched === 0) {
          pass.push(byte);
        }
      }
    }
    return { pass: Uint8Array.from(pass), detach: false };
  }
}
