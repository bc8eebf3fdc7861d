import type { Healthcheck } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { type DiffId, isDigest } from '../../model/ids.js';
import type { ImageConfig, Platform } from '../../model/image.js';
import { type JsonObject, parseJson, toList, toObject, toText } from '../../model/json-values.js';

/** What an image config says; OCI image-spec, config.md, and Docker's additions. */
export interface ParsedImageConfig {
  readonly createdAtMs: number;
  readonly platform: Platform;
  readonly diffIds: readonly DiffId[];
  readonly config: ImageConfig;
  readonly author?: string;
  readonly comment?: string;
  readonly history: readonly ParsedHistoryEntry[];
}

export interface ParsedHistoryEntry {
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly comment?: string;
  readonly emptyLayer: boolean;
}

const LAYERS_MAX = 500;

/** Rejects: invalid-argument (no image config, or one whose parts do not fit together). */
export function parseImageConfig(bytes: Uint8Array): ParsedImageConfig {
  const document = toObject(parseJson(bytes, 'the image config'));
  const diffIds = toList(toObject(document['rootfs'])['diff_ids']).map(toDiffId);
  const history = toList(document['history']).map(toHistoryEntry);
  const layers = history.filter((entry) => !entry.emptyLayer).length;
  if (diffIds.length > LAYERS_MAX) throw invalid(`has more than ${LAYERS_MAX} layers`);
  if (history.length > 0 && layers !== diffIds.length) {
    throw invalid(`has ${diffIds.length} layers and a history of ${layers}`);
  }
  const [author, comment, variant] = [document['author'], document['comment'], document['variant']].map(toText);
  return {
    createdAtMs: toTimeMs(document['created']),
    platform: {
      os: toText(document['os']) || 'linux',
      architecture: toText(document['architecture']) || 'amd64',
      ...(variant ? { variant } : {}),
    },
    diffIds,
    config: parseContainerDefaults(toObject(document['config'])),
    history,
    ...(author ? { author } : {}),
    ...(comment ? { comment } : {}),
  };
}

/** Rejects: invalid-argument (the config does not name each of the layers). */
export function checkLayerCount({ diffIds }: Pick<ParsedImageConfig, 'diffIds'>, layers: readonly unknown[]): void {
  if (diffIds.length === layers.length) return;
  throw new EngineError(
    'invalid-argument',
    `the image has ${layers.length} layers and its config names ${diffIds.length}`,
  );
}

/** The `config` object: what containers of the image get when they do not say otherwise. */
function parseContainerDefaults(config: JsonObject): ImageConfig {
  const env = toList(config['Env']).map((entry) => splitEnv(toText(entry)));
  const entrypoint = toWords(config['Entrypoint']);
  const command = toWords(config['Cmd']);
  const healthcheck = toHealthcheck(config['Healthcheck']);
  const labels = Object.entries(toObject(config['Labels'])).map(([name, value]) => [name, toText(value)]);
  return {
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
    ...toTextField('user', config['User']),
    ...toTextField('workingDir', config['WorkingDir']),
    ...toTextField('stopSignal', config['StopSignal']),
    ...toNames('volumes', config['Volumes']),
    ...toNames('exposedPorts', config['ExposedPorts']),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function toDiffId(value: unknown): DiffId {
  const text = toText(value);
  if (!isDigest(text)) throw invalid(`has an invalid layer id "${text}"`);
  return text as DiffId;
}

function toHistoryEntry(value: unknown): ParsedHistoryEntry {
  const { created, created_by: createdBy, comment, empty_layer: emptyLayer } = toObject(value);
  return {
    createdAtMs: toTimeMs(created),
    createdBy: toText(createdBy),
    emptyLayer: emptyLayer === true,
    ...(toText(comment) === '' ? {} : { comment: toText(comment) }),
  };
}

function toTimeMs(value: unknown): number {
  const time = Date.parse(toText(value));
  return Number.isNaN(time) ? 0 : time;
}

function splitEnv(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

/** Very old configs have one line where a list belongs. */
function toWords(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return ['/bin/sh', '-c', value];
  return Array.isArray(value) && value.length > 0 ? value.map(toText) : undefined;
}

function toTextField(name: 'user' | 'workingDir' | 'stopSignal', value: unknown): ImageConfig {
  return toText(value) === '' ? {} : { [name]: toText(value) };
}

function toNames(name: 'volumes' | 'exposedPorts', value: unknown): ImageConfig {
  const names = Object.keys(toObject(value));
  return names.length === 0 ? {} : { [name]: names };
}

function toHealthcheck(value: unknown): Healthcheck | undefined {
  const fields = toObject(value);
  const test = toList(fields['Test']).map(toText);
  if (test.length === 0) return undefined;
  const retries = fields['Retries'];
  return {
    test,
    ...toMs('intervalMs', fields['Interval']),
    ...toMs('timeoutMs', fields['Timeout']),
    ...toMs('startPeriodMs', fields['StartPeriod']),
    ...toMs('startIntervalMs', fields['StartInterval']),
    ...(typeof retries === 'number' && retries > 0 ? { retries } : {}),
  };
}

/** Docker's durations are nanoseconds; 0 means the default. */
function toMs(name: keyof Healthcheck, value: unknown): Healthcheck {
  return typeof value === 'number' && value > 0 ? { [name]: Math.round(value / 1e6) } : {};
}

function invalid(what: string): EngineError {
  return new EngineError('invalid-argument', `the image config ${what}`);
}
