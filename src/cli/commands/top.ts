import { toWireTop } from '../../api/wire/top.js';
import type { RunCommand } from '../command-spec.js';
import { alignTable } from '../format/table.js';

export const top: RunCommand = async ({ cli, args }) => {
  const [ref = '', ...options] = args;
  // What cannot be listed is refused before anything is opened.
  toWireTop([], options, 0);
  const engine = await cli.engine();
  const { Titles, Processes } = toWireTop(await engine.containers.top(ref), options, cli.nowMs());
  await cli.print(alignTable([Titles, ...Processes], { least: 20, gap: 3 }));
  return 0;
};
