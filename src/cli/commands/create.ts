import { createContainer } from '../../engine/run-container.js';
import type { RunCommand } from '../command-spec.js';
import { makePullPrinter, readRunOptions } from '../read-run-options.js';
import { noteCreated } from './run.js';

export const create: RunCommand = async (call) => {
  const { cli } = call;
  const options = await readRunOptions(call);
  const engine = await cli.engine();
  const created = await createContainer(engine, {
    config: options.config,
    pull: options.pull,
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...makePullPrinter(cli, options.config.image, options),
  });
  await noteCreated(cli, created, options.cidfile);
  await cli.print(`${created.id}\n`);
  return 0;
};
