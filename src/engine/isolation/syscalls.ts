import type { SyscallRun } from './syscall-run.js';
import { SYSCALLS_ARM64 } from './syscalls-arm64.js';
import { SYSCALLS_I386 } from './syscalls-i386.js';
import { SYSCALLS_X64 } from './syscalls-x64.js';

/** Architectures a filter can be made for; by Node's names. */
export type SyscallArchitecture = 'x64' | 'i386' | 'arm64';

/** The numbers of an architecture's system calls by name. A table of our own knows calls younger than the host's headers. */
export function syscallNumbers(architecture: SyscallArchitecture): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [first, names] of tableOf(architecture)) {
    for (const [index, name] of names.split(/\s+/).entries()) {
      numbers.set(name, first + index);
    }
  }
  return numbers;
}

function tableOf(architecture: SyscallArchitecture): readonly SyscallRun[] {
  switch (architecture) {
    case 'x64':
      return SYSCALLS_X64;
    case 'i386':
      return SYSCALLS_I386;
    case 'arm64':
      return SYSCALLS_ARM64;
  }
}
