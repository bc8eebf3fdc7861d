import type { StopOptions } from '../../engine/engine.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { forEachTarget, ignoreNotModified } from '../for-each-target.js';

export const stop: RunCommand = async (call) => {
  const options = readOptions(call);
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await ignoreNotModified(engine.containers.stop(name, options));
    return name;
  });
};

export const restart: RunCommand = async (call) => {
  const options = readOptions(call);
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await engine.containers.restart(name, options);
    return name;
  });
};

function readOptions({ flags }: CommandCall): StopOptions {
  const seconds = flags.int('timeout');
  const signal = flags.text('signal');
  return {
    ...(seconds === undefined ? {} : { timeoutMs: seconds < 0 ? -1 : seconds * 1000 }),
    ...(signal === undefined ? {} : { signal }),
  };
}
