import type { Descriptor, DescriptorPlatform } from './descriptor.js';
import { EngineError } from './errors.js';
import type { Platform } from './image.js';

const ATTESTATION = 'vnd.docker.reference.type';
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
};
const NODE_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
const ARM_NAMES: Readonly<Record<string, string>> = { armhf: 'v7', armel: 'v6' };
const LOWEST_VARIANT: Readonly<Record<string, number>> = { arm: 5, arm64: 8, amd64: 1 };

/** Go's word (GOARCH) for what Node calls an architecture. */
export function toArchitecture(name: string): string {
  return NODE_ARCHITECTURES[name] ?? name;
}

/** `os[/architecture[/variant]]`. Throws invalid-argument with Docker's words. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture, variant, ...more] = text.toLowerCase().split('/');
  if (
    more.length > 0 ||
    [os, architecture, variant].some((part) => part !== undefined && !/^[a-z0-9_.-]+$/.test(part))
  ) {
    const message = `error parsing specified platform: "${text}": cannot parse platform specifier: invalid argument`;
    throw new EngineError('invalid-argument', message);
  }
  if (architecture === undefined) {
    return os === 'linux' ? { os, architecture: 'amd64' } : { os: 'linux', architecture: os };
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/** `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
}

/** Docker's words for an image that is there and of another platform. */
export function describePlatformMismatch(reference: string, wanted: Platform, actual: Platform): string {
  return `image with reference ${reference} was found but does not match the specified platform: wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`;
}

/** One spelling for what has several: github.com/containerd/platforms, database.go. */
function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const name = platform.architecture.toLowerCase();
  const armVariant = ARM_NAMES[name];
  const architecture = armVariant === undefined ? (ARCHITECTURES[name] ?? name) : 'arm';
  const variant = normalizeVariant(architecture, platform.variant?.toLowerCase() ?? armVariant ?? '');
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

function normalizeVariant(architecture: string, variant: string): string {
  const long = /^\d+$/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'arm64' && long === 'v8') return '';
  if (architecture === 'amd64' && long === 'v1') return '';
  return architecture === 'arm' && long === '' ? 'v7' : long;
}

/** True if an image of `actual` is one of `wanted`: the same, or of a lower variant, which runs there too. */
export function isPlatform(actual: Platform, wanted: Platform): boolean {
  const { os, architecture, variant = '' } = normalizePlatform(actual);
  return (
    os === wanted.os.toLowerCase() &&
    listVariants(wanted).some((one) => one.architecture === architecture && one.variant === variant)
  );
}

/**
 * The manifest of an index for a platform: the highest variant that runs there. Where `withOthers`, one of an older
 * architecture that the machine runs too, if there is no better: 32-bit ARM on arm64, 386 on amd64. Attestations are of no
 * platform.
 */
export function selectManifest(
  manifests: readonly Descriptor[],
  wanted: Platform,
  withOthers = false,
): Descriptor | undefined {
  const images = manifests.filter(({ annotations }) => annotations?.[ATTESTATION] === undefined);
  const ranks = withOthers ? [...listVariants(wanted), ...listOlder(wanted)] : listVariants(wanted);
  for (const rank of ranks) {
    const found = images.find(({ platform }) => platform !== undefined && isExactly(platform, wanted.os, rank));
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Variant {
  readonly architecture: string;
  readonly variant: string;
}

function isExactly(platform: DescriptorPlatform, os: string, rank: Variant): boolean {
  const actual = normalizePlatform(platform);
  return (
    actual.os === os.toLowerCase() &&
    actual.architecture === rank.architecture &&
    (actual.variant ?? '') === rank.variant
  );
}

/** The variants that run where `wanted` does, the best first. */
function listVariants(wanted: Platform): readonly Variant[] {
  const { architecture, variant = '' } = normalizePlatform(wanted);
  const number = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 0);
  const lowest = LOWEST_VARIANT[architecture] ?? number;
  const lower = Array.from({ length: Math.max(0, number - lowest) }, (_, i) => `v${number - 1 - i}`);
  return [variant, ...lower].map((one) => ({ architecture, variant: normalizeVariant(architecture, one) }));
}

function listOlder(wanted: Platform): readonly Variant[] {
  const { architecture } = normalizePlatform(wanted);
  if (architecture === 'arm64') return ['v8', 'v7', 'v6', 'v5'].map((variant) => ({ architecture: 'arm', variant }));
  return architecture === 'amd64' ? [{ architecture: '386', variant: '' }] : [];
}
