import { EngineError } from '../../model/errors.js';
import type { RunCommand } from '../command-spec.js';
import { writeOutput } from '../write-output.js';

export const port: RunCommand = async ({ cli, args }) => {
  const [ref = '', wanted] = args;
  const engine = await cli.engine();
  const { config, name } = await engine.containers.inspect(ref);
  const bound = (config.ports ?? []).filter(({ hostPort }) => hostPort !== undefined);
  if (wanted === undefined) {
    const lines = bound.map(
      (one) => `${one.containerPort}/${one.protocol} -> ${one.hostIp ?? '0.0.0.0'}:${one.hostPort}\n`,
    );
    await writeOutput(cli.stdout, lines.join(''));
    return 0;
  }
  const key = wanted.includes('/') ? wanted : `${wanted}/tcp`;
  const found = bound.filter((one) => `${one.containerPort}/${one.protocol}` === key);
  if (found.length === 0) {
    throw new EngineError('not-found', `no public port '${key}' published for ${name}`);
  }
  await writeOutput(cli.stdout, found.map((one) => `${one.hostIp ?? '0.0.0.0'}:${one.hostPort}\n`).join(''));
  return 0;
};
