import type { LogOptions } from '../../engine/engine.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { parseMoment } from '../parse-moment.js';
import { writeOutput } from '../write-output.js';

export const logs: RunCommand = async (call) => {
  const { cli, flags, args } = call;
  const options = readOptions(call);
  const engine = await cli.engine();
  const { id, config } = await engine.containers.inspect(args[0] ?? '');
  for await (const { stream, text, time } of engine.containers.logs(id, options)) {
    const line = flags.isSet('timestamps') ? `${time} ${text}` : text;
    await writeOutput(stream === 'stderr' && config.tty !== true ? cli.stderr : cli.stdout, line);
  }
  return 0;
};

function readOptions({ cli, flags }: CommandCall): LogOptions {
  const since = flags.text('since');
  const until = flags.text('until');
  const tail = flags.text('tail') ?? 'all';
  return {
    follow: flags.isSet('follow'),
    signal: cli.interrupted,
    ...(since === undefined ? {} : { sinceMs: parseMoment(since, cli.nowMs()) }),
    ...(until === undefined ? {} : { untilMs: parseMoment(until, cli.nowMs()) }),
    // What is no number means all, as Docker's engine has it.
    ...(/^\d+$/.test(tail) ? { tailLines: Number(tail) } : {}),
  };
}
