import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';

export const pause: RunCommand = async (call) => {
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await engine.containers.pause(name);
    return name;
  });
};

export const unpause: RunCommand = async (call) => {
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await engine.containers.unpause(name);
    return name;
  });
};
