import { EngineError } from '../../model/errors.js';
import type { Image, Platform } from '../../model/image.js';
import { describePlatformMismatch, isPlatform } from '../../model/platform.js';
import { goObject, goText, readGoJson } from '../wire/go-json.js';
import type { Query } from './query.js';

const schema = goObject({ os: goText, architecture: goText, variant: goText });

/** The query `platform` where it is an OCI platform in JSON: all but `POST /images/create`. Throws invalid-argument. */
export function readPlatform(query: Query): Platform | undefined {
  const text = query.text('platform');
  if (text === undefined) return undefined;
  const { os = '', architecture = '', variant = '' } = readGoJson(schema, parse(text));
  if (os === '' || architecture === '') {
    throw new EngineError('invalid-argument', 'both OS and Architecture must be provided');
  }
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

/** Throws not-found where the image is of another platform: each has one. */
export function requirePlatform(image: Image, ref: string, platform: Platform | undefined): void {
  if (platform === undefined || isPlatform(image.platform, platform)) return;
  throw new EngineError('not-found', describePlatformMismatch(ref, platform, image.platform));
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The same is to be said of what is no JSON and of what is no object.
  }
  throw new EngineError('invalid-argument', `failed to parse platform: ${JSON.stringify(text.slice(0, 200))}`);
}
