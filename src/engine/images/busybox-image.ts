import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { isExecutable } from '../../platform/find-command.js';
import { runProgram } from '../../platform/run-program.js';
import type { RootFile } from './root-tar.js';

const PLACES = ['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox', '/bin/busybox.static'];

/** Where the host has a static busybox, or why it has none that can be used. */
export function findStaticBusybox(
  places: readonly string[] = PLACES,
): { readonly path: string } | { readonly unavailable: string } {
  const path = places.find(isExecutable);
  if (path === undefined) return { unavailable: 'the host has no busybox: install busybox-static' };
  return isStatic(readHeaders(path)) ? { path } : { unavailable: `${path} is not static: install busybox-static` };
}

/** A root with the program, a link for each of its applets, and a small /etc. */
export async function listBusyboxFiles(path: string): Promise<readonly RootFile[]> {
  const { stdout } = await runProgram(path, ['--list']);
  const applets = stdout.split('\n').filter((name) => /^[\w[.-]+$/.test(name) && name !== 'busybox');
  const folders = ['bin', 'dev', 'etc', 'home', 'proc', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'var', 'var/log'];
  return [
    ...folders.map((name): RootFile => ({ kind: 'directory', path: name })),
    { kind: 'directory', path: 'root', mode: 0o700 },
    ...['tmp', 'var/tmp'].map((name): RootFile => ({ kind: 'directory', path: name, mode: 0o1777 })),
    { kind: 'symlink', path: 'sbin', target: 'bin' },
    {
      kind: 'file',
      path: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    },
    { kind: 'file', path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
    { kind: 'file', path: 'etc/hosts', content: '127.0.0.1\tlocalhost\n' },
    { kind: 'file', path: 'etc/resolv.conf', content: '' },
    { kind: 'file', path: 'etc/hostname', content: 'busybox\n' },
    { kind: 'file', path: 'bin/busybox', content: readFileSync(path), mode: 0o755 },
    ...applets.map((name): RootFile => ({ kind: 'hardlink', path: `bin/${name}`, target: 'bin/busybox' })),
    { kind: 'symlink', path: 'usr/bin/env', target: '../../bin/env' },
  ];
}

/** The ELF header and the program headers behind it: the program itself has megabytes. */
function readHeaders(path: string): Buffer {
  const headers = Buffer.alloc(4096);
  const fd = openSync(path, 'r');
  try {
    return headers.subarray(0, readSync(fd, headers, 0, headers.length, 0));
  } finally {
    closeSync(fd);
  }
}

const PT_INTERP = 3;

/** True for an ELF program of 64 bits that asks for no loader. elf(5), program headers. */
export function isStatic(program: Buffer): boolean {
  if (program.length < 64 || program.toString('latin1', 0, 5) !== '\x7fELF\x02') return false;
  const table = Number(program.readBigUInt64LE(32));
  const size = program.readUInt16LE(54);
  const count = program.readUInt16LE(56);
  if (table + size * count > program.length) return false;
  return Array.from({ length: count }, (_, i) => program.readUInt32LE(table + i * size)).every(
    (type) => type !== PT_INTERP,
  );
}
