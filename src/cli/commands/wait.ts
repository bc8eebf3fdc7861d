import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';

export const wait: RunCommand = async (call) => {
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    const { exitCode } = await engine.containers.wait(name, { signal: call.cli.interrupted });
    return String(exitCode);
  });
};
