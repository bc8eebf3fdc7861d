import type { Exec, ExecConfig } from '../../model/container.js';
import type { ContainerId, ExecId } from '../../model/ids.js';
import { toNumber, toObject, toText, toTexts } from '../../model/json-values.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { toWireEnvironment } from './environment.js';

/** The answer of `GET /exec/{id}/json`, the other direction of exec.ts. */
export function fromWireExec(value: unknown): Exec {
  const wire = toObject(value);
  const program = toObject(wire['ProcessConfig']);
  return {
    id: toText(wire['ID']) as ExecId,
    containerId: toText(wire['ContainerID']) as ContainerId,
    config: omitUndefined({
      command: [toText(program['entrypoint']), ...toTexts(program['arguments'])],
      user: toText(program['user']) || undefined,
      tty: program['tty'] === true ? true : undefined,
      privileged: program['privileged'] === true ? true : undefined,
      stdin: wire['OpenStdin'] === true ? true : undefined,
      attach: { stdout: wire['OpenStdout'] === true, stderr: wire['OpenStderr'] === true },
    }),
    state: toState(wire),
  };
}

/** Neither running nor with an exit code: it has not been started. */
function toState(wire: ReturnType<typeof toObject>): Exec['state'] {
  if (wire['Running'] === true) return { status: 'running', pid: toNumber(wire['Pid']) };
  const { ExitCode: exitCode } = wire;
  return typeof exitCode === 'number' ? { status: 'exited', exitCode } : { status: 'created' };
}

/** The body of `POST /containers/{id}/exec`. What it may be attached to is said now, and what of it is read at its start. */
export function toWireExecCreate(config: ExecConfig): object {
  const { terminal, attach = { stdout: true, stderr: true } } = config;
  return omitUndefined({
    AttachStdin: config.stdin ?? false,
    AttachStdout: attach.stdout ?? false,
    AttachStderr: attach.stderr ?? false,
    Tty: config.tty ?? false,
    Cmd: config.command,
    Env: nonEmpty(toWireEnvironment(config)),
    User: config.user,
    WorkingDir: config.workingDir,
    Privileged: config.privileged,
    DetachKeys: config.detachKeys,
    ConsoleSize: config.tty === true && terminal ? [terminal.rows, terminal.columns] : undefined,
  });
}
