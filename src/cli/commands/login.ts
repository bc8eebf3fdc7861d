import type { Engine } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { DOCKER_HUB } from '../../model/image-reference.js';
import { CliError } from '../cli-error.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { askLine, askSecret } from '../terminal/ask.js';
import { writeOutput } from '../write-output.js';

export const login: RunCommand = async (call) => {
  const { cli, args } = call;
  const server = args[0] ?? DOCKER_HUB;
  checkFlags(call);
  const password = await readPassword(call);
  const engine = await cli.engine();
  if (
    call.flags.text('username') === undefined &&
    password === undefined &&
    (await loginWithKept(cli, engine, server))
  ) {
    return 0;
  }
  const credentials = { kind: 'password', ...(await complete(call, password)) } as const;
  const { plainFile } = await engine.registries.login(server, credentials, { signal: cli.interrupted });
  if (plainFile !== undefined) {
    await writeOutput(
      cli.stderr,
      `\nWARNING! Your credentials are stored unencrypted in '${plainFile}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
    );
  }
  await cli.print('Login Succeeded\n');
  return 0;
};

export const logout: RunCommand = async ({ cli, args }) => {
  const server = args[0] ?? DOCKER_HUB;
  const engine = await cli.engine();
  const name = server === DOCKER_HUB ? 'https://index.docker.io/v1/' : server;
  const isRemoved = await engine.registries.logout(server);
  await cli.print(isRemoved ? `Removing login credentials for ${name}\n` : `Not logged in to ${name}\n`);
  return 0;
};

function checkFlags({ flags }: CommandCall): void {
  if (flags.text('password') !== undefined && flags.isSet('password-stdin')) {
    throw new CliError('--password and --password-stdin are mutually exclusive');
  }
  if (flags.isSet('password-stdin') && flags.text('username') === undefined) {
    throw new CliError('Must provide --username with --password-stdin');
  }
}

async function readPassword({ cli, flags }: CommandCall): Promise<string | undefined> {
  const given = flags.text('password');
  if (given !== undefined) {
    await writeOutput(cli.stderr, 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
    return given;
  }
  if (!flags.isSet('password-stdin')) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of cli.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/[\r\n]+$/, '');
}

/** True where what is kept is still good; a refusal is told, and then asked anew. */
async function loginWithKept(cli: Cli, engine: Engine, server: string): Promise<boolean> {
  try {
    const username = await engine.registries.checkLogin(server, { signal: cli.interrupted });
    if (username === undefined) return false;
    await cli.print(`Authenticating with existing credentials... [Username: ${username}]\n\nLogin Succeeded\n`);
    return true;
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'unauthorized')) throw error;
    await writeOutput(cli.stderr, `Login did not succeed, error: ${error.message}\n`);
    return false;
  }
}

async function complete({ cli, flags }: CommandCall, given: string | undefined) {
  const named = flags.text('username');
  if ((named === undefined || given === undefined) && cli.stdin.isTTY !== true) {
    throw new CliError('Error: Cannot perform an interactive login from a non TTY device');
  }
  const username = named ?? (await askLine(cli, 'Username: '));
  if (username === '') throw new CliError('Error: Non-null Username Required');
  const password = given ?? (await askSecret(cli, 'Password: '));
  if (password === undefined || password === '') throw new CliError('Error: Password Required');
  return { username, password };
}
