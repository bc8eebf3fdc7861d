import { arch } from 'node:process';

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
