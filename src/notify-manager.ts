import { EngineError, messageOf } from './model/errors.js';
import { findNativeProgram } from './native-program.js';
import { startRole } from './platform/role-process.js';

/**
 * Tells the service manager that has started this process how it stands: sd_notify(3). Nothing where NOTIFY_SOCKET names nobody who wants
 * to know. Rejects: unavailable.
 */
export async function notifyManager(
  lines: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const socket = env['NOTIFY_SOCKET'];
  if (!socket) return;
  const role = startRole(findNativeProgram(), ['notify', socket, String(process.pid), lines.join('\n')]);
  role.end();
  role.output.resume();
  try {
    await role.done;
  } catch (cause) {
    throw new EngineError('unavailable', `cannot tell ${socket} ${lines[0]}: ${messageOf(cause)}`, { cause });
  }
}
