import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import {
  encodePlan,
  type Plan,
  type PlanOperation,
  type PlanSetting,
} from '../../src/engine/isolation/init-plan-encoding.js';

const DRIVER = join(import.meta.dirname, '../../native/launch-driver');
const APPLETS = ['sh', 'true', 'cat', 'ls', 'id', 'readlink', 'stat', 'sleep', 'tty', 'stty', 'grep', 'seq', 'kill'];

/** What the driver reports; native/README.md has the meaning of `failed` and `started`. */
export interface LaunchReport {
  readonly started?: { readonly pid: number; readonly startTicks: number };
  readonly failed?: {
    readonly operation: string;
    readonly target: string;
    readonly errno: string;
    readonly message: string;
  };
  readonly exit?: { readonly exitCode: number; readonly signal: number };
}

export interface Launch {
  /** The report once the process runs or could not be started. */
  readonly started: Promise<LaunchReport>;
  /** All of it, once the process has ended. */
  readonly ended: Promise<LaunchReport & { readonly output: string }>;
  /** Ends the driver, and with it the process it started. */
  kill(): void;
}

/** A folder with one layer, that of busybox, and an upper folder; removed by `remove`. */
export interface LaunchFolder {
  readonly path: string;
  readonly layer: string;
  readonly upper: string;
  /** The overlay operation over `lower`, top first, or over the layer of busybox. */
  overlay(lower?: readonly string[]): PlanOperation;
  /** `script` runs before the driver, in a mount namespace of its own. */
  launch(plan: Plan, script?: string): Launch;
  run(plan: Plan): Launch['ended'];
  remove(): void;
}

export const ALL_NAMESPACES: PlanSetting = ['clone', 'pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup', 'time'];

export function makeLaunchFolder(): LaunchFolder {
  const path = mkdtempSync(join(tmpdir(), 'gantry-launch-'));
  const layer = join(path, 'layer');
  const upper = join(path, 'upper');
  const work = join(path, 'work');
  const running = new Set<Launch>();
  mkdirSync(join(layer, 'bin'), { recursive: true });
  mkdirSync(upper);
  mkdirSync(work);
  // Hooks run for skipped tests too: those that need busybox are, where there is none.
  if (existsSync('/bin/busybox')) {
    copyFileSync('/bin/busybox', join(layer, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(layer, 'bin', applet));
  }
  let plans = 0;
  function launch(plan: Plan, script?: string): Launch {
    const file = join(path, `plan-${++plans}`);
    writeFileSync(file, encodePlan(plan));
    const made = startDriver(file, script);
    running.add(made);
    return made;
  }
  return {
    path,
    layer,
    upper,
    overlay: (lower = [layer]) => ['overlay', upper, work, '', ...lower],
    launch,
    run: (plan) => launch(plan).ended,
    remove: () => {
      for (const one of running) {
        one.kill();
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The file systems and nodes of a container, the pivot and the end of the plan. */
export function containerOperations(
  root: PlanOperation,
  argv: readonly string[],
  between: { readonly beforePivot?: readonly PlanOperation[]; readonly afterPivot?: readonly PlanOperation[] } = {},
): PlanOperation[] {
  const closed = 'nosuid,nodev,noexec,strict';
  return [
    root,
    ['mount', 'proc', 'proc', '/proc', closed],
    ['mount', 'tmpfs', 'tmpfs', '/dev', 'nosuid,strictatime,strict', 'mode=755', 'size=65536k'],
    ['mount', 'devpts', 'devpts', '/dev/pts', 'nosuid,noexec,strict', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    ['mount', 'tmpfs', 'shm', '/dev/shm', closed, 'mode=1777', 'size=65536k'],
    ['mount', 'mqueue', 'mqueue', '/dev/mqueue', closed],
    ['mount', 'sysfs', 'sysfs', '/sys', `${closed},ro`],
    ['device', '/dev/null', 'c', 1, 3, '666', 0, 0],
    ['device', '/dev/zero', 'c', 1, 5, '666', 0, 0],
    ['symlink', '/proc/self/fd', '/dev/fd'],
    ['mask', '/proc/keys'],
    ['mask', '/sys/firmware'],
    ['readonly', '/proc/sys'],
    ...(between.beforePivot ?? []),
    ['pivot'],
    ...(between.afterPivot ?? []),
    ['environment', 'PATH=/bin'],
    ['exec', ...argv],
  ];
}

function startDriver(file: string, script?: string): Launch {
  const [program, ...argv] =
    script === undefined
      ? [DRIVER, file]
      : ['unshare', '--mount', 'sh', '-c', `${script} && exec "$0" "$1"`, DRIVER, file];
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const [, stdout, , reports] = child.stdio;
  assert.ok(stdout instanceof Readable && reports instanceof Readable);
  let lines = '';
  const output = text(stdout);
  const started = new Promise<LaunchReport>((resolve) => {
    reports.on('data', (chunk: Buffer) => {
      lines += chunk.toString();
      const report = parseReport(lines);
      if (report.started ?? report.failed) {
        resolve(report);
      }
    });
    reports.on('end', () => resolve(parseReport(lines)));
  });
  const ended = finished(reports).then(async () => ({ ...parseReport(lines), output: await output }));
  return { started, ended, kill: () => child.kill('SIGKILL') };
}

function parseReport(lines: string): LaunchReport {
  const whole = lines.split('\n').slice(0, -1);
  return Object.assign({}, ...whole.map((line) => JSON.parse(line) as LaunchReport)) as LaunchReport;
}
