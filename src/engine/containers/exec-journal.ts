import { readFileSync, rmSync } from 'node:fs';
import type { Exec } from '../../model/container.js';
import type { ExecId } from '../../model/ids.js';
import type { HeldLocks } from '../../platform/file-lock.js';
import type { ContainerParts } from './container-parts.js';
import { parseJournalLine } from './journal-lines.js';

type ExecParts = Pick<ContainerParts, 'database' | 'execs' | 'store' | 'paths'>;

/** The exit code of an exec whose monitor was killed. */
const KILLED_EXIT_CODE = 137;

/** The exit of an exec counts once, whoever sees it: its starter on the connection, another engine in its journal. */
export function finishExec(parts: ExecParts, id: ExecId, exitCode: number): Exec | undefined {
  const { database, execs, store, paths } = parts;
  const finished = database.transaction(() => {
    const exec = execs.change(id, (current) =>
      current.state.status === 'exited' ? undefined : { ...current, state: { status: 'exited', exitCode } },
    );
    const record = exec && store.get(exec.containerId);
    if (record !== undefined) {
      store.tell(record, { action: 'exec_die', attributes: { execID: id, exitCode: String(exitCode) } });
    }
    return exec;
  });
  if (finished !== undefined) {
    for (const path of [paths.journal(id), paths.lock(id)]) rmSync(path, { force: true });
  }
  return finished;
}

/** Takes over what the exec's monitor has told. Undefined where there is no such exec. */
export function catchUpExec(parts: ExecParts, id: ExecId): Exec | undefined {
  const exec = parts.execs.find(id);
  if (exec?.state.status !== 'running') return exec;
  const exitCode = readExitCode(parts.paths.journal(id));
  if (exitCode !== undefined) finishExec(parts, id, exitCode);
  return parts.execs.find(id);
}

/** At open: execs whose monitor has gone without a word have ended too. */
export function settleExecs(parts: ExecParts, locks: HeldLocks): void {
  for (const { id, state } of parts.execs.listRunning()) {
    const exec = catchUpExec(parts, id);
    // Without a pid its starter may be about to start it; if that died it shows as running until its container goes.
    if (exec?.state.status !== 'running' || state.status !== 'running' || state.pid === 0) continue;
    if (!locks.isHeld(parts.paths.lock(id))) finishExec(parts, id, KILLED_EXIT_CODE);
  }
}

function readExitCode(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Not started yet, or finished and removed.
    return undefined;
  }
  for (const line of text.split('\n').map(parseJournalLine)) {
    if (line?.event === 'exit') return line.exitCode;
  }
  return undefined;
}
