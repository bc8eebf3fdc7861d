import { EngineError } from '../../model/errors.js';
import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';

export const rm: RunCommand = async (call) => {
  const force = call.flags.isSet('force');
  const volumes = call.flags.isSet('volumes');
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    const ref = name.replace(/^\/+|\/+$/g, '');
    if (ref === '') {
      throw new EngineError('invalid-argument', 'container name cannot be empty');
    }
    await engine.containers.remove(ref, { force, volumes });
    return name;
  });
};
