import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { findCommand } from '../../platform/find-command.js';
import { isInUserNamespace } from '../../platform/proc.js';

/** What the list of capabilities looks at. A test hands in another host. */
export interface HostProbe {
  readonly uid: number;
  readonly kernel: readonly [major: number, minor: number];
  readonly kernelRelease: string;
  /** A namespace other than the host's. */
  readonly isInUserNamespace: boolean;
  /** The PATH's folders and the places for administrators, which users' paths lack. */
  findCommand(name: string): string | undefined;
  exists(path: string): boolean;
  /** Undefined where it cannot be read. */
  read(path: string): string | undefined;
  /** `y`, `m`, or undefined where the option is off; 'unknown' where the kernel does not tell its configuration. */
  readKernelOption(name: string): 'y' | 'm' | 'unknown' | undefined;
  /** True for a program without an interpreter: it needs no libraries. */
  isStaticProgram(path: string): boolean;
}

export function probeHost(): HostProbe {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  let config: string | undefined;
  return {
    uid: process.getuid?.() ?? -1,
    kernel: [Number(major), Number(minor)],
    kernelRelease: release(),
    isInUserNamespace: isInUserNamespace(),
    findCommand,
    exists: existsSync,
    read: readText,
    readKernelOption(name) {
      config ??= readKernelConfig();
      if (config === '') return 'unknown';
      const value = new RegExp(`^CONFIG_${name}=(y|m)$`, 'm').exec(config)?.[1];
      return value === 'y' || value === 'm' ? value : undefined;
    },
    isStaticProgram,
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Missing or not ours to read: for the caller both are "this host does not tell".
    return undefined;
  }
}

function readKernelConfig(): string {
  try {
    return gunzipSync(readFileSync('/proc/config.gz')).toString('latin1');
  } catch {
    // Distributions' kernels keep it beside themselves instead, or nowhere.
    return readText(`/boot/config-${release()}`) ?? '';
  }
}

const PT_INTERP = 3;

/** Looks for a PT_INTERP program header. elf(5) */
function isStaticProgram(path: string): boolean {
  const header = Buffer.alloc(4096);
  try {
    const fd = openSync(path, 'r');
    try {
      readSync(fd, header, 0, header.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Cannot be read, cannot be used.
    return false;
  }
  const is64BitLittleEndian = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
  if (!is64BitLittleEndian) return false;
  const offset = Number(header.readBigUInt64LE(32));
  const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  for (let i = 0; i < count && offset + i * size + 4 <= header.length; i++) {
    if (header.readUInt32LE(offset + i * size) === PT_INTERP) return false;
  }
  return true;
}
