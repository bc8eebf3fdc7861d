import type { InterfaceStats, NetworkStats, Pressure } from '../../../model/cgroup-stats.js';
import type { KeptFile, KernelFiles } from '../../../platform/kernel-file.js';

/** Kept files that are read in turn: a read costs 1-3 µs of CPU, and a sample has 20. */
export interface StatsSources {
  /**
   * A figure that is read at the first reading, at one in `every` after that (by what it was, where that is a function), and
   * remembered in between. Undefined as long as there is no such file.
   */
  add<T>(path: string, every: number | ((last: T) => number), parse: (text: string) => T): () => T | undefined;
  /** To be called before each reading. */
  begin(): void;
  refresh(): void;
  close(): void;
}

/** Limits are ours to change, and who has changed them says so: this is for a hand that writes past the engine. */
export const LIMITS_EVERY = 64;

export function openSources(files: KernelFiles): StatsSources {
  const kept: KeptFile[] = [];
  let turn = 0;
  let isFresh = true;
  return {
    add(path, every, parse) {
      const file = files.keepOpen(path);
      if (file === undefined) return () => undefined;
      // Each file has a turn of its own, so that the dear readings do not fall together.
      const place = kept.push(file);
      let value: ReturnType<typeof parse> | undefined;
      return () => {
        const period = typeof every === 'number' ? every : value === undefined ? 1 : every(value);
        if (!isFresh && turn % period !== place % period) return value;
        const text = file.read();
        value = text === undefined ? undefined : parse(text);
        return value;
      };
    },
    begin() {
      isFresh = turn === 0;
      turn++;
    },
    refresh() {
      turn = 0;
    },
    close() {
      for (const file of kept.splice(0)) file.close();
    },
  };
}

/** The number after `key`, which ends with its separator; 0 where there is none. Ten times faster than splitting. */
export function numberAfter(text: string, key: string): number {
  const isFirst = text.startsWith(key);
  const lineEnd = isFirst ? -1 : text.indexOf(`\n${key}`);
  if (!isFirst && lineEnd < 0) return 0;
  let value = 0;
  for (let i = lineEnd + 1 + key.length; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** A file of one number; undefined for `max` and for v1's 2^63 less a page. */
export function parseLimit(text: string): number | undefined {
  const value = Number.parseInt(text, 10);
  return value >= 0 && value < 2 ** 62 ? value : undefined;
}

/** `some avg10=1.23 …`, `full avg10=…`. Kernel: accounting/psi.rst. */
export function parsePressure(text: string): Pressure {
  return { someAvg10: avg10Of(text, 'some avg10='), fullAvg10: avg10Of(text, 'full avg10=') };
}

function avg10Of(text: string, key: string): number {
  const start = text.indexOf(key);
  return start < 0 ? 0 : Number.parseFloat(text.slice(start + key.length, start + key.length + 8)) || 0;
}

/**
 * The network of a process: dear to read, and with nothing to say where there is only `lo`, as in every namespace without a
 * network. There it is looked at now and then, since whoever has CAP_NET_ADMIN can put an interface in.
 */
export function addNetwork(sources: StatsSources, pid: number | undefined): () => NetworkStats | undefined {
  if (pid === undefined) return () => undefined;
  const every = (stats: NetworkStats) => (Object.keys(stats.interfaces ?? {}).length === 0 ? 16 : 1);
  return sources.add(`/proc/${pid}/net/dev`, every, parseNetDev);
}

/**
 * /proc/PID/net/dev but for `lo`: each interface, and their sums. After the colon, bytes and packets are columns 1, 2 (in) and 9,
 * 10 (out).
 */
export function parseNetDev(text: string): NetworkStats {
  const total = { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0 };
  const interfaces: Record<string, InterfaceStats> = {};
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const name = text.slice(text.lastIndexOf('\n', colon) + 1, colon).trim();
    if (name === 'lo') continue;
    const lineEnd = text.indexOf('\n', colon);
    const columns = text.slice(colon + 1, lineEnd < 0 ? undefined : lineEnd).match(/\d+/g) ?? [];
    const own = {
      receivedBytes: Number(columns[0]),
      receivedPackets: Number(columns[1]),
      sentBytes: Number(columns[8]),
      sentPackets: Number(columns[9]),
    };
    interfaces[name] = own;
    total.receivedBytes += own.receivedBytes;
    total.receivedPackets += own.receivedPackets;
    total.sentBytes += own.sentBytes;
    total.sentPackets += own.sentPackets;
  }
  return { ...total, interfaces };
}

/** The three pressure files of a folder in the unified hierarchy; undefined where the kernel keeps none. */
export function addPressure(sources: StatsSources, folder: string) {
  const cpu = sources.add(`${folder}/cpu.pressure`, 8, parsePressure);
  const memory = sources.add(`${folder}/memory.pressure`, 8, parsePressure);
  const io = sources.add(`${folder}/io.pressure`, 8, parsePressure);
  return () => {
    const [cpuNow, memoryNow, ioNow] = [cpu(), memory(), io()];
    if (cpuNow === undefined || memoryNow === undefined || ioNow === undefined) return undefined;
    return { cpu: cpuNow, memory: memoryNow, io: ioNow };
  };
}
