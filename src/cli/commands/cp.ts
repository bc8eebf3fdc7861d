import { lstat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import type { Engine, PathStat } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { formatDecimalBytes } from '../../model/units.js';
import { CliError } from '../cli-error.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { extractTar } from '../copy/extract-tar.js';
import {
  type CopySource,
  endsWithDot,
  followHostLinks,
  nameOf,
  type Place,
  place,
  placeOnHost,
  trimEnd,
} from '../copy/place.js';
import { openTar } from '../copy/tar-source.js';
import { writeOutput } from '../write-output.js';

const S_IFMT = 0o170_000;
const S_IFDIR = 0o040_000;

export const cp: RunCommand = async (call) => {
  const [source = '', target = ''] = call.args;
  if (source === '') throw new CliError('source can not be empty');
  if (target === '') throw new CliError('destination can not be empty');
  const from = splitContainer(source);
  const to = splitContainer(target);
  if (from !== undefined && to !== undefined) {
    throw new CliError('copying between containers is not supported');
  }
  if (from !== undefined) {
    return await copyOut(call, from, target);
  }
  if (to !== undefined) {
    return await copyIn(call, source, to);
  }
  throw new CliError('must specify at least one container source');
};

interface ContainerPath {
  readonly container: string;
  readonly path: string;
}

/** `container:path`, where the path is absolute or, as Docker lets it be, empty; a path of the host begins with a slash or a dot, or has no colon. */
function splitContainer(text: string): ContainerPath | undefined {
  const index = text.indexOf(':');
  if (index <= 0 || text.startsWith('/') || text.startsWith('.')) {
    return undefined;
  }
  const path = text.slice(index + 1);
  return { container: text.slice(0, index), path: path === '' || path.startsWith('/') ? path : `/${path}` };
}

async function copyOut({ cli, flags }: CommandCall, from: ContainerPath, target: string): Promise<number> {
  if (from.path === '') throw new CliError('bad parameter: path cannot be empty');
  const engine = await cli.engine();
  const path = flags.isSet('follow-link') ? `${trimEnd(await followLink(engine, from))}${endOf(from.path)}` : from.path;
  if (target === '-') {
    for await (const bytes of await engine.containers.readArchive(from.container, path)) {
      await cli.print(bytes);
    }
    return 0;
  }
  const source = await engine.containers.statPath(from.container, path);
  const place = await placeOnHost(resolve(cli.workingDir, target), {
    name: nameOf(from.path),
    isDirectory: isDirectory(source),
    contents: endsWithDot(path),
    mustBeDirectory: target.endsWith('/'),
  });
  const counter = new Counter(await engine.containers.readArchive(from.container, path));
  await extractTar(counter, {
    root: place.root,
    rename: { from: nameOf(path), to: place.name },
    keepOwners: flags.isSet('archive'),
  });
  await tell(cli, flags.isSet('quiet'), `Successfully copied ${formatDecimalBytes(counter.bytes)} to ${target}`);
  return 0;
}

async function copyIn({ cli, flags }: CommandCall, source: string, to: ContainerPath): Promise<number> {
  const engine = await cli.engine();
  const path = to.path === '' ? '' : await followLink(engine, to);
  const options = { noOverwriteDirNonDir: true, copyUidGid: flags.isSet('archive') };
  const existing = path === '' ? undefined : await statOrUndefined(engine, { ...to, path });
  if (source === '-') {
    if (existing === undefined || !isDirectory(existing)) {
      throw new CliError(`destination "${to.container}:${to.path}" must be a directory`);
    }
    await engine.containers.writeArchive(to.container, path, cli.stdin, options);
    return 0;
  }
  const hostPath = resolve(cli.workingDir, source);
  // A path with a slash at its end is what a link there leads to, and that is a directory.
  const meansDirectory = endOf(source) !== '';
  const followsLink = flags.isSet('follow-link') || meansDirectory;
  const stats = await lstat(followsLink ? await followHostLinks(hostPath) : hostPath).catch(explainMissing);
  if (meansDirectory && !stats.isDirectory()) throw new CliError('not a directory');
  const place = placeInContainer(path, existing, {
    name: basename(hostPath),
    isDirectory: stats.isDirectory(),
    contents: endsWithDot(source),
    mustBeDirectory: to.path.endsWith('/'),
  });
  const counter = new Counter(openTar({ path: hostPath, name: place.name, followLink: followsLink }));
  await engine.containers.writeArchive(to.container, place.root, counter, options);
  await tell(
    cli,
    flags.isSet('quiet'),
    `Successfully copied ${formatDecimalBytes(counter.bytes)} to ${to.container}:${to.path}`,
  );
  return 0;
}

/** In Docker's words. */
function explainMissing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ENOENT') throw cause;
  throw new CliError(`lstat ${cause.path}: no such file or directory`);
}

function placeInContainer(path: string, existing: PathStat | undefined, source: CopySource): Place {
  if (path === '') {
    if (!source.isDirectory) throw new CliError('no such directory');
    return { root: '/', name: '' };
  }
  const target = trimEnd(path);
  return place(target, existing === undefined ? 'missing' : isDirectory(existing) ? 'directory' : 'file', source);
}

/** Where a link at the path leads, one step as Docker does; the path itself where there is none. */
async function followLink(engine: Engine, { container, path }: ContainerPath): Promise<string> {
  const found = await statOrUndefined(engine, { container, path });
  const target = found?.linkTarget;
  if (target === undefined || target === '') {
    return path;
  }
  return target.startsWith('/') ? target : posix.join(posix.dirname(trimEnd(path)), target);
}

async function statOrUndefined(engine: Engine, { container, path }: ContainerPath): Promise<PathStat | undefined> {
  try {
    return await engine.containers.statPath(container, trimEnd(path));
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found' && !/no such container/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}

function isDirectory({ mode }: PathStat): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

/** `/` or `/.` where the path ends so: it goes with what the link leads to. */
function endOf(path: string): string {
  return /\/\.?$/.exec(path)?.[0] ?? '';
}

async function tell(cli: Cli, quiet: boolean, text: string): Promise<void> {
  if (!quiet && cli.stderr.isTTY === true) {
    await writeOutput(cli.stderr, `${text}\n`);
  }
}

/** Passes a stream on and counts its bytes. */
class Counter implements AsyncIterable<Uint8Array> {
  bytes = 0;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
