import { EngineError } from './errors.js';

/** An address of `registry-mirrors`, without the slashes at its end. Throws invalid-argument. */
export function parseMirror(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new EngineError('invalid-argument', `invalid mirror: "${text}" is no http or https address`);
  }
  return text.replace(/\/+$/, '');
}

/** An entry of `insecure-registries`: people write the scheme too. */
export function parseInsecure(text: string): string {
  return text.replace(/^https?:\/\//, '');
}
