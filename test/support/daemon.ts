import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { type ApiClient, createApiClient } from './api.js';
import { openGantry } from './gantry.js';
import { type LeakCheck, makeLeakCheck } from './leak-check.js';
import { makeTestRoot } from './test-image.js';
import { waitUntil } from './wait-until.js';

/** `gantry daemon`, as people start it, with the image `busybox`, seen from outside. */
export interface Daemon extends ApiClient {
  readonly socketPath: string;
  readonly pid: number;
  readonly leaks: LeakCheck;
  /** Lines of its log that are no information. */
  warnings(): readonly string[];
  /** What it has in memory, bytes. */
  residentBytes(): number;
  /** Ends it as a service manager does. */
  stop(): Promise<void>;
}

/** Ends with the test at the latest, and what it was started with is closed then. */
export async function openDaemon(t: Pick<TestContext, 'after'>, gantry = openGantry()): Promise<Daemon> {
  const { folder } = gantry;
  const socketPath = join(folder, 's.sock');
  const daemon = gantry.start(['daemon', '-H', `unix://${socketPath}`]);
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await daemon.result;
  };
  t.after(async () => {
    await stop();
    await gantry.close();
  });
  await waitUntil('the API', () => daemon.printed.stderr.includes('API listen on'));
  const client = createApiClient(socketPath);
  const { text } = await client.send('POST', '/images/create?fromSrc=-&repo=busybox&changes=ENV%20PATH%3D/bin', {
    body: makeTestRoot(),
    headers: { 'Content-Type': 'application/x-tar' },
  });
  if (text.includes('"error"')) throw new Error(`cannot import the image: ${text}`);
  const root = join(folder, 'root');
  const { pid } = daemon;
  return {
    ...client,
    ...{ socketPath, pid, stop },
    leaks: makeLeakCheck({ root, runRoot: join(folder, 'run'), cgroupParent: cgroupParentOf(root, '') }),
    warnings: () => daemon.printed.stderr.split('\n').filter((line) => line !== '' && !line.includes('level=info')),
    residentBytes: () => readResidentBytes(pid),
  };
}

/** What the descriptors of a process are of, sorted; numbers of sockets and the like are left out. */
export function listDescriptors(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .flatMap((name) => readLink(join(folder, name)))
    .map((target) => target.replace(/\d{4,}/g, 'N'))
    .sort();
}

function readLink(path: string): readonly string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    // It has been closed since it was listed.
    return [];
  }
}

/** VmRSS of proc_pid_status(5). */
export function readResidentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
