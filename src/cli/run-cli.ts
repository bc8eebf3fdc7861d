import type { ContainerFilter, Engine } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import type { EngineChoice } from '../model/context.js';
import type { EngineLocation } from '../model/engine-location.js';
import { EngineError, messageOf } from '../model/errors.js';
import { parseFirewallBackend } from '../model/firewall-backend.js';
import { describeRefusal, FlagError, Flags } from '../model/flags.js';
import type { HostCapability } from '../model/host-capability.js';
import { omitUndefined } from '../model/omit-undefined.js';
import { CliError, type Hint, ReaderGoneError } from './cli-error.js';
import { GROUPS } from './command-groups.js';
import type { Cli, CommandSpec } from './command-spec.js';
import { COMMANDS } from './command-table.js';
import { EXIT_NOT_RUN, exitCodeOf } from './exit-codes.js';
import { type FoundCommand, findCommand } from './find-command.js';
import { TemplateError } from './format/template-lexer.js';
import { GLOBAL_FLAGS } from './global-flags.js';
import { formatCommandHelp, formatGroupHelp, formatUsage } from './help.js';
import { parseArguments } from './parse-arguments.js';
import { entriesOf, rootHelp } from './root-help.js';
import { createScreenEngines, type ScreenEngines } from './screen-engines.js';
import { writeOutput } from './write-output.js';

type RegistryVerb = 'serveRegistry' | 'collectRegistryGarbage' | 'signImage' | 'verifyImage';

/** What the command line says about the screen. */
export interface ScreenChoices {
  /** Name or file of a theme. */
  readonly theme?: string;
  /** ASCII only. */
  readonly isAscii?: boolean;
  /** ASCII only, and no colour. */
  readonly isPlain?: boolean;
  /** Nothing that changes the host is done. */
  readonly isReadOnly?: boolean;
}

/** Flags that mean something without a command only. */
const SCREEN_FLAGS = ['ascii', 'plain', 'read-only', 'theme'] as const;

/** The process that the command line runs in; main.tsx has the real one. */
export interface CliProcess
  extends Omit<
    Cli,
    'engine' | 'listContainers' | 'ownEngine' | 'location' | 'commands' | 'hostCapabilities' | RegistryVerb
  > {
  readonly version: string;
  openEngine(location: EngineLocation): Promise<Engine>;
  /** What `list` of that engine would answer, where that can be told without opening it. */
  listSettled(location: EngineLocation, filter: ContainerFilter): Promise<readonly Container[] | undefined>;
  /** What the host can do, for a state root at that location; works where no engine can be opened. */
  hostCapabilities(location: EngineLocation): Promise<readonly HostCapability[]>;
  /** The registry beside the engine of a location. */
  registry(location: EngineLocation): Promise<Pick<Cli, RegistryVerb>>;
  /** Shows the engine on the terminal until the user quits. */
  showScreen(engine: Engine, choices: ScreenChoices, engines: ScreenEngines): Promise<void>;
}

/** Runs one command line; resolves with the exit code. Never rejects. */
export async function runCli(words: readonly string[], process: CliProcess): Promise<number> {
  const opened = new Set<Engine>();
  const session: Session = { debug: false };
  try {
    const globals = parseArguments({ flags: GLOBAL_FLAGS, interspersed: false }, words);
    const flags = new Flags(GLOBAL_FLAGS, globals.values);
    session.debug = flags.isSet('debug');
    if (flags.isSet('version')) {
      await process.print(`Gantry version ${process.version}\n`);
      return 0;
    }
    const location = toLocation(flags, process.env);
    const open = async (at: EngineLocation): Promise<Engine> => {
      const engine = await process.openEngine(at);
      opened.add(engine);
      return engine;
    };
    const cli = makeCli(process, location, open);
    const isHelp = globals.args[0] === 'help' || globals.help;
    const rest = globals.args[0] === 'help' ? globals.args.slice(1) : globals.args;
    if (rest.length === 0 && !isHelp) {
      const { host: _host, context: _context, tls: _tls, ...own } = location;
      const engines = createScreenEngines(cli, location, {
        open: (context) => open({ ...own, context }),
        close: async (engine) => {
          opened.delete(engine);
          await engine.close();
        },
      });
      return await openScreen({ cli, process, engines }, toChoices(flags));
    }
    refuseScreenFlags(flags);
    return await (isHelp ? printHelp(rest, cli) : dispatch(rest, cli, session));
  } catch (error) {
    return await report(error, session, process);
  } finally {
    await Promise.allSettled([...opened].map((engine) => engine.close()));
  }
}

function toChoices(flags: Flags): ScreenChoices {
  const theme = flags.text('theme');
  return {
    ...(theme === undefined ? {} : { theme }),
    isAscii: flags.isSet('ascii'),
    isPlain: flags.isSet('plain'),
    isReadOnly: flags.isSet('read-only'),
  };
}

/** Who gives one to a command believes that it does something there. */
function refuseScreenFlags(flags: Flags): void {
  const given = SCREEN_FLAGS.find((name) => flags.has(name));
  if (given !== undefined)
    throw new CliError(`gantry: --${given} is of the screen, which is what gantry is without a command`);
}

async function openScreen(
  { cli, process, engines }: { readonly cli: Cli; readonly process: CliProcess; readonly engines: ScreenEngines },
  choices: ScreenChoices,
): Promise<number> {
  if (cli.stdin.isTTY !== true || cli.stdout.isTTY !== true) {
    throw new CliError("gantry: the screen needs a terminal\n\nRun 'gantry --help' for the commands that need none");
  }
  await process.showScreen(await cli.engine(), choices, engines);
  return 0;
}

function toLocation(flags: Flags, env: Cli['env']): EngineLocation {
  const root = flags.text('root') ?? env['GANTRY_ROOT'];
  const runRoot = flags.text('run-root') ?? env['GANTRY_RUN_ROOT'];
  const storageDriver = flags.text('storage-driver') ?? env['GANTRY_STORAGE_DRIVER'];
  const firewallBackend = flags.text('firewall-backend') ?? env['GANTRY_FIREWALL_BACKEND'];
  const usernsRemap = flags.text('userns-remap') ?? env['GANTRY_USERNS_REMAP'];
  return {
    ...(root === undefined || root === '' ? {} : { root }),
    ...(runRoot === undefined || runRoot === '' ? {} : { runRoot }),
    ...toEngineChoice(flags),
    ...(storageDriver === undefined || storageDriver === '' ? {} : { storageDriver }),
    ...(firewallBackend ? { firewallBackend: parseFirewallBackend(firewallBackend) } : {}),
    ...(usernsRemap === undefined || usernsRemap === '' ? {} : { usernsRemap }),
  };
}

function toEngineChoice(flags: Flags): EngineChoice {
  const tls = omitUndefined({
    enabled: flags.isSet('tls') ? true : undefined,
    verify: flags.isSet('tlsverify') ? true : undefined,
    authority: flags.text('tlscacert'),
    certificate: flags.text('tlscert'),
    key: flags.text('tlskey'),
  });
  return omitUndefined({
    host: flags.list('host').at(-1),
    context: flags.text('context'),
    tls: Object.keys(tls).length === 0 ? undefined : tls,
  });
}

function makeCli(
  process: CliProcess,
  location: EngineLocation,
  open: (location: EngineLocation) => Promise<Engine>,
): Cli {
  let engine: Promise<Engine> | undefined;
  const openOnce = (): Promise<Engine> => {
    engine ??= open(location);
    return engine;
  };
  return {
    // Streams take milliseconds to make, and most commands need few of them.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    print: (data) => process.print(data),
    env: process.env,
    workingDir: process.workingDir,
    interrupted: process.interrupted,
    hostCapabilities: () => process.hostCapabilities(location),
    commands: COMMANDS,
    nowMs: () => process.nowMs(),
    serveRegistry: async (...call) => (await process.registry(location)).serveRegistry(...call),
    collectRegistryGarbage: async (...call) => (await process.registry(location)).collectRegistryGarbage(...call),
    ociRuntime: (settings) => process.ociRuntime(settings),
    serveApi: (...call) => process.serveApi(...call),
    serveConnection: (...call) => process.serveConnection(...call),
    signImage: async (...call) => (await process.registry(location)).signImage(...call),
    verifyImage: async (...call) => (await process.registry(location)).verifyImage(...call),
    onSignal: (listener) => process.onSignal(listener),
    engine: openOnce,
    listContainers: async (filter) =>
      (await process.listSettled(location, filter)) ?? (await (await openOnce()).containers.list(filter)),
    ownEngine: (settings) => open({ ...location, ...settings, isOwn: true }),
    location,
    notifyManager: (lines) => process.notifyManager(lines),
    contexts: () => process.contexts(),
  };
}

/** What an error's report needs to know of the line that failed. */
interface Session {
  debug: boolean;
  found?: FoundCommand;
}

async function dispatch(words: readonly string[], cli: Cli, session: Session): Promise<number> {
  const found = findCommand(COMMANDS, words);
  if (found === undefined) {
    return await printGroup(words, cli);
  }
  session.found = found;
  const { spec, name, rest } = found;
  const parsed = parseWithUsage(spec, name, rest);
  if (parsed.help) {
    await cli.print(formatCommandHelp(spec, name));
    return 0;
  }
  const refusal = describeRefusal(spec.flags, parsed.values);
  if (refusal !== undefined) {
    throw new CliError(withHint(`gantry: ${refusal}`, spec, name, 'help'), EXIT_NOT_RUN);
  }
  checkOperands(spec, name, parsed.args.length);
  const run = await spec.load();
  const flags = new Flags(spec.flags, parsed.values);
  return await run({ name, args: parsed.args, flags, values: parsed.values, cli });
}

function parseWithUsage(spec: CommandSpec, name: string, rest: readonly string[]): ReturnType<typeof parseArguments> {
  try {
    return parseArguments({ flags: spec.flags, interspersed: spec.interspersed ?? true }, rest);
  } catch (error) {
    throw error instanceof CliError
      ? new CliError(withHint(error.message, spec, name, error.hint), error.exitCode)
      : error;
  }
}

function checkOperands(spec: CommandSpec, name: string, count: number): void {
  const [least, most] = spec.operands;
  if (count >= least && count <= most) {
    return;
  }
  const message = `gantry: 'gantry ${name}' ${describeOperands(least, most)}`;
  throw new CliError(withHint(message, spec, name, 'usage'));
}

function describeOperands(least: number, most: number): string {
  const plural = (count: number) => `${count} argument${count === 1 ? '' : 's'}`;
  if (most === 0) {
    return 'accepts no arguments';
  }
  if (most === Number.POSITIVE_INFINITY) {
    return `requires at least ${plural(least)}`;
  }
  if (least === most) {
    return `requires ${plural(least)}`;
  }
  return least === 0 ? `requires at most ${plural(most)}` : `requires at least ${least} and at most ${plural(most)}`;
}

function withHint(message: string, spec: CommandSpec, name: string, hint: Hint): string {
  const usage = hint === 'usage' ? `\n\n${formatUsage(spec, name)}` : '';
  return hint === 'none' ? message : `${message}${usage}\n\nRun 'gantry ${name} --help' for more information`;
}

/** A group alone prints its help; any other word is none of ours. */
async function printGroup(words: readonly string[], cli: Cli): Promise<number> {
  const group = GROUPS.find(({ name }) => name === words[0]);
  if (words.length === 0 || (group !== undefined && words.length === 1) || words[1] === '--help') {
    return await printHelp(words.slice(0, 1), cli);
  }
  if (group === undefined) {
    throw new CliError(`gantry: unknown command: gantry ${words[0]}\n\nRun 'gantry --help' for more information`);
  }
  throw new CliError(
    `gantry: unknown command: gantry ${group.name} ${words[1]}\n\nUsage:  gantry ${group.name}\n\n` +
      `Run 'gantry ${group.name} --help' for more information`,
  );
}

async function printHelp(words: readonly string[], cli: Cli): Promise<number> {
  const found = findCommand(COMMANDS, words);
  const group = GROUPS.find(({ name }) => name === words[0]);
  if (found !== undefined) {
    await cli.print(formatCommandHelp(found.spec, found.name));
  } else if (group !== undefined) {
    const sections = [['Commands', entriesOf(COMMANDS, group.name)]] as const;
    await cli.print(formatGroupHelp({ ...group, sections, flags: [] }));
  } else if (words.length === 0) {
    await cli.print(formatGroupHelp(rootHelp(COMMANDS)));
  } else {
    throw new CliError(`unknown help topic: ${words.join(' ')}`);
  }
  return 0;
}

async function report(error: unknown, { found, debug }: Session, process: CliProcess): Promise<number> {
  const code = exitCodeOf(error, found?.name ?? '');
  if (error instanceof ReaderGoneError) return code;
  const cause = error instanceof Error && error.cause instanceof Error ? `${error.cause.stack}\n` : '';
  const stack = debug && error instanceof Error ? `${error.stack ?? ''}\n${cause}` : '';
  // Where this cannot be written, there is nobody to tell.
  await writeOutput(process.stderr, `${formatFailure(error, found)}\n${stack}`).catch(() => undefined);
  return code;
}

function formatFailure(error: unknown, found: FoundCommand | undefined): string {
  if (error instanceof FlagError && found !== undefined) {
    return withHint(error.message, found.spec, found.name, 'usage');
  }
  if (error instanceof CliError) {
    return error.message;
  }
  if (error instanceof EngineError || error instanceof TemplateError || isSystemError(error)) {
    const isRun = found !== undefined && /^(container )?(run|create)$/.test(found.name);
    const message = `gantry: ${error.message}`;
    return isRun ? withHint(message, found.spec, found.name, 'help') : message;
  }
  return `gantry: internal error: ${messageOf(error)}`;
}

/** An error of the operating system, such as a file that cannot be opened. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
