import { EngineError } from '../../model/errors.js';
import type { Flags } from '../../model/flags.js';
import { DOCKER_HUB } from '../../model/image-reference.js';
import type { ListenAddress } from '../../model/registry-options.js';
import type { RegistryRequest, RunCommand } from '../command-spec.js';
import { writeOutput } from '../write-output.js';

const DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 5000 };
const MINUTE_MS = 60_000;

/** Serves until it is interrupted, then lets running requests end. */
export const serveRegistry: RunCommand = async ({ cli, flags }) => {
  const registry = await cli.serveRegistry(readRequest(flags), {
    access: (line) => void cli.stdout.write(`${line}\n`),
    warn: (message) => void cli.stderr.write(`gantry: ${message}\n`),
  });
  await writeOutput(cli.stderr, `the registry listens on ${registry.url}\n`);
  if (!cli.interrupted.aborted) {
    await new Promise((resolve) => cli.interrupted.addEventListener('abort', resolve, { once: true }));
  }
  await registry.stop();
  return 0;
};

function readRequest(flags: Flags): RegistryRequest {
  return {
    folder: flags.text('folder'),
    listen: flags.read('listen', parseListenAddress) ?? DEFAULT_LISTEN,
    hasEngineImages: flags.isSet('engine-images'),
    tls: readTls(flags),
    passwordFile: flags.text('htpasswd'),
    permissionsFile: flags.text('permissions'),
    publicUrl: flags.read('public-url', parseOrigin),
    isReadOnly: flags.isSet('read-only'),
    proxy: flags.read('proxy', parseProxy),
    proxyTagMs: flags.durationMs('proxy-tag-ttl') ?? MINUTE_MS,
    immutableTags: flags.list('immutable-tag'),
    maxBlobBytes: flags.bytes('max-blob-size') ?? Number.MAX_SAFE_INTEGER,
    maxManifestBytes: flags.bytes('max-manifest-size') ?? 4 * 1024 * 1024,
    maxUploads: flags.uint('max-uploads') ?? 1000,
    uploadIdleMs: flags.durationMs('upload-timeout') ?? 24 * 60 * MINUTE_MS,
    idleMs: flags.durationMs('idle-timeout') ?? MINUTE_MS,
    stopMs: flags.durationMs('stop-timeout') ?? MINUTE_MS / 2,
    metricsListen: flags.read('metrics', parseListenAddress),
    garbageMs: flags.durationMs('gc-interval') ?? 0,
    garbageGraceMs: flags.durationMs('gc-grace') ?? 60 * MINUTE_MS,
    accessLog: flags.read('access-log', parseLogForm) ?? 'text',
  };
}

function readTls(flags: Flags): RegistryRequest['tls'] {
  const [certificate, key] = [flags.text('tls-cert'), flags.text('tls-key')];
  const clientAuthority = flags.text('tls-client-ca');
  if (certificate !== undefined && key !== undefined) return { certificate, key, clientAuthority };
  if (certificate === undefined && key === undefined && clientAuthority === undefined) return undefined;
  throw new EngineError('invalid-argument', 'HTTPS needs both --tls-cert and --tls-key');
}

function parseOrigin(text: string): string {
  if (URL.canParse(text) && /^https?:\/\/[^"\s]+$/.test(text)) return text;
  throw new EngineError('invalid-argument', 'use http://HOST[:PORT] or https://HOST[:PORT]');
}

/** `https://` is what is spoken anyway; whether `http://` is allowed, daemon.json says. */
function parseProxy(text: string): string {
  const match = /^(?:https?:\/\/)?([A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?)\/?$/.exec(text);
  if (match?.[1] !== undefined) return match[1] === 'registry-1.docker.io' ? DOCKER_HUB : match[1];
  throw new EngineError('invalid-argument', 'use HOST[:PORT]');
}

/** `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` for every address of the host. */
function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]/]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port'] ?? Number.NaN);
  if (match === null || port > 65_535) {
    throw new EngineError('invalid-argument', 'use HOST:PORT, [IPV6]:PORT or :PORT');
  }
  return { host: match.groups?.['six'] ?? (match.groups?.['host'] || '::'), port };
}

function parseLogForm(text: string): RegistryRequest['accessLog'] {
  if (text === 'text' || text === 'json' || text === 'none') return text;
  throw new EngineError('invalid-argument', 'use text, json or none');
}
