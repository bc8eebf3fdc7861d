import { EngineError } from '../../model/errors.js';
import { isDigest } from '../../model/ids.js';
import { parseImageReference } from '../../model/image-reference.js';

/** A name of an image as a request gives it: the tag, or a digest in its place, may be beside it. */
export interface AskedReference {
  /** Complete as it was typed: `name`, `name:tag` or `name@digest`. */
  readonly text: string;
  /** It has neither a tag nor a digest: where that can be, all tags are meant. */
  readonly isBare: boolean;
}

/** Throws invalid-argument, in Docker's words. */
export function readReference(given: string, tag: string | undefined): AskedReference {
  // `pull --all-tags` of old clients has a colon and nothing behind it.
  const name = given.replace(/:$/, '');
  parseImageReference(name);
  if (tag === undefined) return { text: name, isBare: !/@|:[^/]*$/.test(name) };
  const bare = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const text = isDigest(tag) ? `${bare}@${tag}` : `${bare}:${tag}`;
  parseImageReference(text);
  return { text, isBare: false };
}

/** The same of a name that an image is to have, which a digest cannot be. */
export function readNewReference(given: string, tag: string | undefined): string {
  if (given.includes('@')) throw new EngineError('invalid-argument', 'cannot import digest reference');
  const { text } = readReference(given, tag);
  if (text.includes('@')) {
    throw new EngineError('invalid-argument', 'refusing to create an ambiguous tag using digest algorithm as name');
  }
  return text;
}
