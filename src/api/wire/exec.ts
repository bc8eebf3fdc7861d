import type { z } from 'zod/mini';
import type { Exec, ExecConfig } from '../../model/container.js';
import { parseDetachKeys } from '../../model/detach-keys.js';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { fromWireEnvironment } from './environment.js';
import { goBoolean, goObject, goSize, goText, goTextOrTexts, goTexts } from './go-json.js';

/** The body of `POST /containers/{id}/exec`: Docker Engine API 1.51, ExecConfig. */
export const execCreateSchema = goObject({
  AttachStdin: goBoolean,
  AttachStdout: goBoolean,
  AttachStderr: goBoolean,
  ConsoleSize: goSize,
  DetachKeys: goText,
  Tty: goBoolean,
  Env: goTexts,
  Cmd: goTextOrTexts,
  Privileged: goBoolean,
  User: goText,
  WorkingDir: goText,
});

/** The body of `POST /exec/{id}/start`. */
export const execStartSchema = goObject({ Detach: goBoolean, Tty: goBoolean, ConsoleSize: goSize });

/** Throws invalid-argument. */
export function fromWireExecCreate(wire: z.output<typeof execCreateSchema>): ExecConfig {
  if (wire.ConsoleSize !== undefined && wire.Tty !== true) {
    throw new EngineError('invalid-argument', 'console size is only supported when TTY is enabled');
  }
  parseDetachKeys(wire.DetachKeys || undefined);
  return omitUndefined({
    command: wire.Cmd ?? [],
    ...fromWireEnvironment(wire.Env),
    workingDir: wire.WorkingDir || undefined,
    user: wire.User || undefined,
    tty: wire.Tty === true ? true : undefined,
    stdin: wire.AttachStdin === true ? true : undefined,
    attach: { stdout: wire.AttachStdout ?? false, stderr: wire.AttachStderr ?? false },
    privileged: wire.Privileged === true ? true : undefined,
    detachKeys: wire.DetachKeys || undefined,
    terminal: toTerminal(wire.ConsoleSize),
  });
}

/** Absent where one of the two is 0. */
export function toTerminal([rows = 0, columns = 0]: readonly number[] = []): ExecConfig['terminal'] {
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

/** The answer of `GET /exec/{id}/json`: Docker Engine API 1.51, ExecInspectResponse. */
export function toWireExec({ id, containerId, config, state }: Exec): object {
  const [entrypoint, ...args] = config.command;
  return {
    ID: id,
    Running: state.status === 'running',
    ExitCode: state.status === 'exited' ? state.exitCode : null,
    ProcessConfig: {
      tty: config.tty ?? false,
      entrypoint: entrypoint ?? '',
      arguments: args,
      privileged: config.privileged ?? false,
      ...(config.user !== undefined && { user: config.user }),
    },
    OpenStdin: config.stdin ?? false,
    OpenStderr: config.attach?.stderr ?? false,
    OpenStdout: config.attach?.stdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: '',
    Pid: state.status === 'running' ? state.pid : 0,
  };
}
