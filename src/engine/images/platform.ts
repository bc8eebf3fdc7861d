import { arch } from 'node:process';
import type { Platform } from '../../model/image.js';

/** This machine's architecture in the words of image configs (Go's GOARCH). */
export function hostArchitecture(): string {
  switch (arch) {
    case 'x64':
      return 'amd64';
    case 'ia32':
      return '386';
    default:
      return arch;
  }
}

/** Programs for this one run here. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: hostArchitecture() };
}
