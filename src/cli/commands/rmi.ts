import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';

export const rmi: RunCommand = async (call) => {
  const force = call.flags.isSet('force');
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    const removed = await engine.images.remove(name, { force });
    return removed
      .map((one) => ('untagged' in one ? `Untagged: ${one.untagged}` : `Deleted: ${one.deleted}`))
      .join('\n');
  });
};
