import { readFileSync, readlinkSync } from 'node:fs';

/** A socket that this process was started with. */
export type InheritedSocket = { readonly kind: 'unix' } | { readonly kind: 'tcp'; readonly isLoopback: boolean };

/** As the kernel's tables say; undefined for what is no listening socket of these families. proc_net(5) */
export function readInheritedSocket(fd: number): InheritedSocket | undefined {
  const inode = readInode(fd);
  if (inode === undefined) return undefined;
  if (readTable('unix').some((fields) => fields[6] === inode)) return { kind: 'unix' };
  const [, address = ''] = [...readTable('tcp'), ...readTable('tcp6')].find((fields) => fields[9] === inode) ?? [];
  return address === '' ? undefined : { kind: 'tcp', isLoopback: isLoopback(address.split(':')[0] ?? '') };
}

function readInode(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    // There is no such descriptor, which whoever listens is told.
    return undefined;
  }
}

function readTable(name: string): readonly (readonly string[])[] {
  try {
    const lines = readFileSync(`/proc/self/net/${name}`, 'utf8').split('\n').slice(1);
    return lines.map((line) => line.trim().split(/\s+/));
  } catch {
    // A kernel without that family.
    return [];
  }
}

/** Hexadecimal words of 32 bits, each with its lowest byte first: 127.0.0.0/8, ::1, and the former as an address of IPv6. */
function isLoopback(address: string): boolean {
  return /^(0{16}FFFF0000|)[0-9A-F]{6}7F$/.test(address) || address === '00000000000000000000000001000000';
}
