import { readFileSync, rmSync } from 'node:fs';
import type { ExecId } from '../../model/ids.js';
import { isLocked } from '../../platform/file-lock.js';
import { isProcessAlive } from '../../platform/proc.js';
import type { ContainerParts } from './container-parts.js';
import type { ExecRecord } from './exec-store.js';
import { type JournalLine, parseJournalLine } from './journal-lines.js';

type ExecParts = Pick<ContainerParts, 'database' | 'execs' | 'store' | 'paths' | 'logger'>;

/** The exit code of an exec whose monitor was killed. */
const KILLED_EXIT_CODE = 137;

/** The exit of an exec counts once, whoever sees it: its starter on the connection, another engine in its journal. */
export function finishExec(parts: ExecParts, id: ExecId, exitCode: number): ExecRecord | undefined {
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
export function catchUpExec(parts: ExecParts, id: ExecId): ExecRecord | undefined {
  const exec = parts.execs.find(id);
  if (exec?.state.status !== 'running') return exec;
  for (const line of readLines(parts.paths.journal(id))) {
    if (line.event === 'exit') finishExec(parts, id, line.exitCode);
    else if (line.event === 'start') setPid(parts, id, line.init.pid);
  }
  return parts.execs.find(id);
}

/** At open: what has become of the execs that an engine or a monitor has left. One that cannot be settled is logged. */
export function settleExecs(parts: ExecParts): void {
  for (const { id } of parts.execs.listRunning()) {
    try {
      settleExec(parts, id);
    } catch (error) {
      parts.logger.warn(`cannot settle exec ${id}`, error);
    }
  }
}

/** An exec whose monitor has gone without a word, or whose starter has died before there was one, has ended too. */
export function settleExec(parts: ExecParts, id: ExecId): void {
  const exec = catchUpExec(parts, id);
  const lock = parts.paths.lock(id);
  if (exec?.state.status !== 'running') return;
  // A look at the locks that is older than the row says nothing, as its monitor may have come since; and one that has gone
  // since the row was read has written its last line before its lock was free. So: the row, the locks, the row again.
  if (isLocked(lock)) return;
  const isComing = exec.state.pid === 0 && exec.starter !== undefined && isProcessAlive(exec.starter);
  if (!isComing && catchUpExec(parts, id)?.state.status === 'running') finishExec(parts, id, KILLED_EXIT_CODE);
}

/** Its starter may have died before it could. */
function setPid({ execs }: ExecParts, id: ExecId, pid: number): void {
  execs.change(id, (current) =>
    current.state.status === 'running' && current.state.pid === 0
      ? { ...current, state: { status: 'running', pid } }
      : undefined,
  );
}

function readLines(path: string): readonly JournalLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Not started yet, or finished and removed.
    return [];
  }
  return text.split('\n').flatMap((line) => parseJournalLine(line) ?? []);
}
