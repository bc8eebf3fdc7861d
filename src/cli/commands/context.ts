import type { Context } from '../../model/context.js';
import { splitPair } from '../../model/run-environment.js';
import { CliError } from '../cli-error.js';
import type { Cli, RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';
import { type ListShape, renderList } from '../format/render-list.js';
import { writeOutput } from '../write-output.js';

const CONTEXT_LIST: ListShape = {
  titles: { Name: 'NAME', Description: 'DESCRIPTION', DockerEndpoint: 'DOCKER ENDPOINT', Error: 'ERROR', Current: '' },
  columns: ['Name', 'Description', 'DockerEndpoint', 'Error'],
  typeName: '*formatter.clientContextContext',
};

/** The one in use has a star, as with Docker. */
export const listContexts: RunCommand = async ({ cli, flags }) => {
  const contexts = await cli.contexts();
  const [all, current] = [contexts.list(), await findCurrent(cli)];
  if (flags.isSet('quiet')) {
    await cli.print(all.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  const format = flags.text('format');
  const isTable = format === undefined || format.startsWith('table');
  const rows = all.map(({ name, description, host = '' }) => ({
    Name: isTable && name === current ? `${name} *` : name,
    Description: description,
    DockerEndpoint: host,
    Error: '',
    Current: String(name === current),
  }));
  await cli.print(renderList(CONTEXT_LIST, rows, format));
  return 0;
};

export const showContext: RunCommand = async ({ cli }) => {
  await cli.print(`${await findCurrent(cli)}\n`);
  return 0;
};

export const useContext: RunCommand = async ({ cli, args: [name = ''] }) => {
  (await cli.contexts()).use(name);
  await cli.print(`${name}\n`);
  await writeOutput(cli.stderr, `Current context is now "${name}"\n`);
  const shadow = ['GANTRY_HOST', 'GANTRY_CONTEXT', 'DOCKER_HOST', 'DOCKER_CONTEXT'].find((one) => cli.env[one]);
  if (shadow !== undefined) {
    const warning = `Warning: ${shadow} environment variable overrides the active context. To use "${name}", unset it.`;
    await writeOutput(cli.stderr, `${warning}\n`);
  }
  return 0;
};

export const inspectContexts: RunCommand = async ({ cli, args }) => {
  const contexts = await cli.contexts();
  const names = args.length === 0 ? [await findCurrent(cli)] : args;
  const wire = names.map((name) => toWire(contexts.inspect(name)));
  await cli.print(`${JSON.stringify(wire, undefined, 4)}\n`);
  return 0;
};

export const createContext: RunCommand = async ({ cli, flags, args: [name = ''] }) => {
  const [key, host] = splitPair(flags.text('docker') ?? '');
  if (key !== 'host' || host === undefined || host === '') {
    throw new CliError('docker endpoint configuration is required: use --docker host=URL');
  }
  (await cli.contexts()).create({ name, description: flags.text('description') ?? '', host });
  await cli.print(`${name}\n`);
  await writeOutput(cli.stderr, `Successfully created context "${name}"\n`);
  return 0;
};

export const removeContexts: RunCommand = async (call) => {
  const contexts = await call.cli.contexts();
  const force = call.flags.isSet('force');
  return await forEachTarget(call, call.args, async (name) => {
    await Promise.resolve(contexts.remove(name, { force }));
    return name;
  });
};

/** What the variables name is in use, whatever was chosen. */
async function findCurrent({ env, contexts }: Cli): Promise<string> {
  return env['GANTRY_CONTEXT'] || env['DOCKER_CONTEXT'] || (await contexts()).current();
}

function toWire({ name, description, host = '' }: Context): object {
  return {
    Name: name,
    Metadata: description === '' ? {} : { Description: description },
    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
    TLSMaterial: {},
  };
}
