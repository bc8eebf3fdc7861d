import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';

export const kill: RunCommand = async (call) => {
  const signal = call.flags.text('signal') ?? 'SIGKILL';
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await engine.containers.kill(name, signal);
    return name;
  });
};
