import { readlinkSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { OciStreams } from '../../model/oci-runtime.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import type { MonitorSettings } from '../isolation/monitor-settings.js';
import type { SpecProcess } from '../isolation/oci-spec.js';

/** The size of a terminal that nobody has said is none; who has it sets one. */
const NO_SIZE = { width: 0, height: 0 };

/** Of the settings of a monitor those that a process without one has. */
export function processSettings(
  id: string,
  { terminal, consoleSize: { width, height } = NO_SIZE }: SpecProcess,
  cgroup: MonitorSettings['cgroup'],
): MonitorSettings {
  return {
    id,
    stdin: 'none',
    cgroup: { ...cgroup, remove: [] },
    ...(terminal && { terminal: { columns: width, rows: height } }),
  };
}

/** A plan for a process that nobody watches over; with a fifo it waits there before it executes its program. */
export function detachPlan(plan: Plan, streams: OciStreams, fifo?: string): Plan {
  const { consoleSocket, preservedDescriptors } = streams;
  const [exec] = plan.operations.slice(-1);
  const before = plan.operations.slice(0, -1);
  return {
    settings: [
      ...plan.settings,
      ['detached'],
      ...(consoleSocket === undefined ? [] : [['console-socket', consoleSocket] as const]),
      ...(preservedDescriptors === 0 ? [] : [['keep', preservedDescriptors] as const]),
    ],
    operations: [
      ...before,
      ...(fifo === undefined ? [] : [['start', fifo] as const]),
      ...(exec === undefined ? [] : [exec]),
    ],
  };
}

/** Throws invalid-argument, in runc's words, for a terminal that nobody would get or that is none. */
export function checkStreams({ terminal }: SpecProcess, streams: OciStreams, isWaitedFor: boolean): void {
  const { consoleSocket, preservedDescriptors } = streams;
  if (terminal && consoleSocket === undefined && !isWaitedFor) {
    throw new EngineError('invalid-argument', 'cannot allocate tty if runc will detach without setting console socket');
  }
  if (consoleSocket !== undefined && !(terminal && !isWaitedFor)) {
    throw new EngineError('invalid-argument', 'cannot use console socket if runc will not detach or allocate tty');
  }
  for (let descriptor = 3; descriptor < 3 + preservedDescriptors; descriptor++) checkInherited(descriptor);
}

/** What Node opens first, where the caller has left the number free. */
const OF_NODE = ['anon_inode:[eventpoll]', 'anon_inode:[io_uring]'];

function checkInherited(descriptor: number): void {
  try {
    if (!OF_NODE.includes(readlinkSync(`/proc/self/fd/${descriptor}`))) return;
  } catch {
    // Not open.
  }
  throw new EngineError(
    'invalid-argument',
    `please check that preserved-fd ${descriptor - 3} (of ${descriptor}) is present`,
  );
}
