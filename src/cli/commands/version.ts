import { arch, platform } from 'node:os';
import { PLATFORM, toWireVersion, type WireComponent, type WireVersion } from '../../api/wire/system.js';
import { DEFAULT_CONTEXT, nameContext } from '../../model/context.js';
import { toArchitecture } from '../../model/platform.js';
import { API_VERSION, GANTRY_VERSION } from '../../model/version.js';
import type { RunCommand } from '../command-spec.js';
import { renderObject } from '../format/render-object.js';

/** This program, as Docker's templates ask for it. */
interface Client {
  readonly Platform: { readonly Name: string };
  readonly Version: string;
  /** What is spoken with the server. */
  readonly ApiVersion: string;
  readonly DefaultAPIVersion: string;
  readonly NodeVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly Context: string;
}

/** The client is this program; the server is the engine that commands speak to, in this process or elsewhere. */
export const version: RunCommand = async ({ cli, flags }) => {
  const { current } = await cli.contexts();
  // A host that was named has no other context.
  const context = nameContext(cli.location, cli.env, current) ?? DEFAULT_CONTEXT;
  let server: WireVersion | undefined;
  let failure: unknown;
  try {
    server = toWireVersion(await (await cli.engine()).system.version());
  } catch (error) {
    // What can be told of the client is told all the same.
    failure = error;
  }
  const client = describeClient(server, context);
  await cli.print(render(client, server, flags.text('format')));
  if (failure !== undefined) throw failure;
  return 0;
};

function describeClient(server: WireVersion | undefined, context: string): Client {
  return {
    Platform: { Name: PLATFORM },
    Version: GANTRY_VERSION,
    ApiVersion: server === undefined ? API_VERSION : olderOf(server.ApiVersion, API_VERSION),
    DefaultAPIVersion: API_VERSION,
    NodeVersion: process.version,
    Os: platform(),
    Arch: toArchitecture(arch()),
    Context: context,
  };
}

function render(client: Client, server: WireVersion | undefined, format: string | undefined): string {
  if (format === 'json') return `${JSON.stringify({ Client: client, Server: server ?? null })}\n`;
  // Templates know the fields under the names of Docker's Go types, which are not those of the JSON.
  const toFields = (wire: Client | WireVersion) => ({ ...wire, APIVersion: wire.ApiVersion });
  const fields = { Client: toFields(client), Server: server === undefined ? null : toFields(server) };
  const lines = [...formatClient(client), ...(server === undefined ? [] : ['', ...formatServer(server)])];
  return renderObject(fields, format) ?? lines.map((line) => `${line}\n`).join('');
}

function formatClient(client: Client): readonly string[] {
  const { ApiVersion: spoken, DefaultAPIVersion: newest } = client;
  return [
    `Client: ${client.Platform.Name}`,
    ` Version:           ${client.Version}`,
    ` API version:       ${spoken}${spoken === newest ? '' : ` (downgraded from ${newest})`}`,
    ` Node version:      ${client.NodeVersion}`,
    ` OS/Arch:           ${client.Os}/${client.Arch}`,
    ` Context:           ${client.Context}`,
  ];
}

function formatServer(server: WireVersion): readonly string[] {
  return [`Server: ${server.Platform.Name}`, ...server.Components.flatMap(formatComponent)];
}

/** Docker's lines, those of which there is something to tell. */
function formatComponent({ Name: name, Version: version, Details: details }: WireComponent): readonly string[] {
  const { ApiVersion: api, MinAPIVersion: least, Os: os, Arch: processor } = details;
  const lines = [
    ['Version', version],
    ['API version', api && `${api} (minimum version ${least})`],
    ['Go version', details['GoVersion']],
    ['Git commit', details['GitCommit']],
    ['Built', details['BuildTime']],
    ['Kernel version', details['KernelVersion']],
    ['OS/Arch', os && `${os}/${processor}`],
    ['Experimental', details['Experimental']],
  ];
  const shown = lines.flatMap(([title, value]) => (value ? [`  ${`${title}:`.padEnd(17)} ${value}`] : []));
  return [` ${name}:`, ...shown];
}

/** Of two `MAJOR.MINOR`. */
function olderOf(one: string, other: string): string {
  const [[major = 0, minor = 0], [otherMajor = 0, otherMinor = 0]] = [one, other].map((text) =>
    text.split('.').map(Number),
  ) as [number[], number[]];
  return major < otherMajor || (major === otherMajor && minor <= otherMinor) ? one : other;
}
