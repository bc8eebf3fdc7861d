import type { ContainerState, ExitedState, Health, HealthProbe } from '../../model/container.js';
import { type JsonObject, toList, toNumber, toObject, toText } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { fromWireTime } from './time.js';

/** One tag from Docker's booleans; podman has words of its own. */
export function fromWireContainerState(value: unknown): ContainerState {
  const wire = toObject(value);
  const [startedAtMs, finishedAtMs] = [
    fromWireTime(toText(wire['StartedAt'])),
    fromWireTime(toText(wire['FinishedAt'])),
  ];
  const running = {
    // When it was started in ticks of the host is not told.
    init: { pid: toNumber(wire['Pid']), startTicks: 0 },
    startedAtMs,
    ...omitUndefined({ health: fromWireHealth(wire['Health']) }),
  };
  switch (toText(wire['Status'])) {
    case 'running':
    case 'stopping':
      return { status: 'running', ...running };
    case 'paused':
      return { status: 'paused', ...running };
    case 'restarting': {
      const lastExitCode = toNumber(wire['ExitCode']);
      return { status: 'restarting', lastExitCode, startedAtMs, finishedAtMs, nextAttemptAtMs: finishedAtMs };
    }
    case 'removing':
      return { status: 'removing' };
    case 'dead':
      return { status: 'dead', reason: toText(wire['Error']) };
    case 'exited':
    case 'stopped':
      return toExited(wire, { startedAtMs, finishedAtMs });
    default: {
      // dockerd leaves one whose start failed as it was, with what it failed with.
      const isFailed = toNumber(wire['ExitCode']) !== 0 && toText(wire['Error']) !== '';
      return isFailed ? toExited(wire, { startedAtMs: 0, finishedAtMs: 0 }) : { status: 'created' };
    }
  }
}

function toExited(wire: JsonObject, times: Pick<ExitedState, 'startedAtMs' | 'finishedAtMs'>): ExitedState {
  return omitUndefined({
    status: 'exited' as const,
    exitCode: toNumber(wire['ExitCode']),
    ...times,
    oomKilled: wire['OOMKilled'] === true,
    error: toText(wire['Error']) || undefined,
  });
}

const HEALTH = ['starting', 'healthy', 'unhealthy'] as const satisfies readonly Health['status'][];

/** `none`, and a health without a word, are of containers without a check. */
function fromWireHealth(value: unknown): Health | undefined {
  const wire = toObject(value);
  const status = HEALTH.find((word) => word === wire['Status']);
  if (status === undefined) return undefined;
  return { status, failingStreak: toNumber(wire['FailingStreak']), log: toList(wire['Log']).map(fromWireProbe) };
}

function fromWireProbe(value: unknown): HealthProbe {
  const { Start: start, End: end, ExitCode: exitCode, Output: output } = toObject(value);
  return {
    startedAtMs: fromWireTime(toText(start)),
    finishedAtMs: fromWireTime(toText(end)),
    exitCode: toNumber(exitCode),
    output: toText(output),
  };
}
