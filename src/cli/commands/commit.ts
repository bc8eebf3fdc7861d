import type { RunCommand } from '../command-spec.js';

export const commit: RunCommand = async ({ cli, flags, args }) => {
  const [ref = '', reference] = args;
  const author = flags.text('author');
  const message = flags.text('message');
  const engine = await cli.engine();
  const image = await engine.containers.commit(ref, {
    pause: flags.isOn('pause'),
    changes: flags.list('change'),
    ...(reference === undefined ? {} : { reference }),
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
  });
  await cli.print(`${image.id}\n`);
  return 0;
};
