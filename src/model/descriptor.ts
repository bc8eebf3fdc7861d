import { EngineError } from './errors.js';
import { type Digest, isDigest } from './ids.js';
import type { Platform } from './image.js';
import { toList, toObject, toText } from './json-values.js';

/** What a manifest says of a blob or of another manifest. OCI image-spec, descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: DescriptorPlatform;
  readonly artifactType?: string;
}

export interface DescriptorPlatform extends Platform {
  readonly osVersion?: string;
}

/** Rejects: invalid-argument, naming `what`: no digest of SHA-256, or no size. */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const fields = toObject(value);
  const digest = toText(fields['digest']);
  const size = fields['size'];
  if (!isDigest(digest)) throw new EngineError('invalid-argument', `${what} has an invalid digest "${digest}"`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new EngineError('invalid-argument', `${what} has an invalid size: ${String(size)}`);
  }
  const urls = toList(fields['urls']).map(toText);
  const platform = parseDescriptorPlatform(fields['platform']);
  const annotations = parseAnnotations(fields['annotations']);
  const artifactType = toText(fields['artifactType']);
  return {
    mediaType: toText(fields['mediaType']),
    digest,
    size,
    ...(urls.length === 0 ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
    ...(artifactType === '' ? {} : { artifactType }),
  };
}

export function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(toObject(value)).map(([name, text]) => [name, toText(text)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function parseDescriptorPlatform(value: unknown): DescriptorPlatform | undefined {
  const fields = toObject(value);
  const [os, architecture, variant, osVersion] = ['os', 'architecture', 'variant', 'os.version'].map((name) =>
    toText(fields[name]),
  );
  if (!(os && architecture)) return undefined;
  return { os, architecture, ...(variant ? { variant } : {}), ...(osVersion ? { osVersion } : {}) };
}
