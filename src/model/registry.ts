import type { Descriptor } from './descriptor.js';
import type { Platform } from './image.js';

/** What a user has for a registry: a name with a password, or a token that stands for both (RFC 6749, 6). */
export type RegistryCredentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string };

/** What one request is made with; `none`: nothing, whatever the user has logged in with. */
export type GivenCredentials = RegistryCredentials | 'none';

export interface LoginReport {
  /** The file where the password now stands for who can read it; absent where a helper keeps it. */
  readonly plainFile?: string;
}

export interface FoundRepository {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly isOfficial: boolean;
}

/** What a registry has under a reference, and the platforms that it can be had for: several of an index, else one. */
export interface RemoteImage {
  readonly descriptor: Descriptor;
  readonly platforms: readonly Platform[];
}

export interface RemoteManifest {
  /** Complete, with the digest. */
  readonly reference: string;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}
