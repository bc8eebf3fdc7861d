import type { Answer, ComparedEngine } from './compared-engines.js';

/** A command of a transcript and what came of it, in which what is different by chance has a name in angle brackets. */
export interface TranscriptStep {
  readonly command: string;
  readonly lines: readonly string[];
}

/**
 * Says commands to an engine, one after another. `host ask A B` and `outside ask A B` are said on its host and on the other machine;
 * `{NAME}` is the short id of a container. What `inspect` says is a line for each of its values.
 */
export async function playCommands(
  engine: ComparedEngine,
  commands: readonly string[],
): Promise<readonly TranscriptStep[]> {
  const names = await readNetworkIds(engine);
  const steps: TranscriptStep[] = [];
  for (const command of commands) {
    const words = command.split(' ').map((word) => putIds(word, names));
    const answer = await say(engine, words);
    const id = answer.stdout.trim();
    if (/^[0-9a-f]{64}$/.test(id)) names.set(id, nameOf(words));
    steps.push({ command, lines: toLines(words, answer, names).map((line) => toStableLine(line, names)) });
  }
  return steps;
}

type Names = Map<string, string>;

async function readNetworkIds(engine: ComparedEngine): Promise<Names> {
  const names: Names = new Map();
  for (const name of ['bridge', 'host', 'none']) {
    const { stdout } = await engine.run(['network', 'inspect', '-f', '{{.Id}}', name]);
    names.set(stdout.trim(), name);
  }
  return names;
}

function say(engine: ComparedEngine, words: readonly string[]): Promise<Answer> {
  const [place = '', ...rest] = words;
  return place === 'host' || place === 'outside' ? engine.runOn(place, rest) : engine.run(words);
}

/** Of `--name`, or of a network that is being made: its last word. */
function nameOf(words: readonly string[]): string {
  const at = words.indexOf('--name');
  return (at < 0 ? words.at(-1) : words[at + 1]) ?? '';
}

function putIds(word: string, names: Names): string {
  return word.replace(/\{([a-z0-9]+)\}/g, (text, name: string) => {
    const id = [...names].find(([, called]) => called === name)?.[0];
    return id?.slice(0, 12) ?? text;
  });
}

function toLines(words: readonly string[], { code, stdout, stderr }: Answer, names: Names): readonly string[] {
  const isJson = words.includes('inspect') && !words.includes('-f') && code === 0;
  const printed = isJson ? toValueLines(JSON.parse(toStableText(stdout, names))) : stdout.split('\n');
  // Docker's program says its own name, or who has answered.
  const told = stderr
    .split('\n')
    .map((line) => line.replace(/^(docker|gantry): |^Error: |Error response from daemon: /g, ''));
  const lines = [...printed, ...told, ...(code === 0 ? [] : [`exit ${code}`])];
  // The answers for IPv4 and IPv6 come in any order, each with this line above it.
  return lines.filter((line) => line.trim() !== '' && line !== 'Non-authoritative answer:');
}

/** The name of each, and what is told of it. */
function toValueLines(inspected: readonly (InspectedParts & { readonly Name: string })[]): readonly string[] {
  return inspected.flatMap((value) => [`# ${value.Name}`, ...flatten('', pickParts(value))]);
}

type InspectedParts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What of a container is about networks; all of a network but when it was made. */
function pickParts(value: InspectedParts): Readonly<Record<string, unknown>> {
  const { NetworkSettings, HostConfig = {}, Config = {}, HostnamePath, Created, ...rest } = value;
  if (NetworkSettings === undefined) return rest;
  const pick = (from: Readonly<Record<string, unknown>>, keys: RegExp) =>
    Object.fromEntries(Object.entries(from).filter(([key]) => keys.test(key)));
  return {
    NetworkSettings,
    HostConfig: {
      ...pick(HostConfig, /^(NetworkMode|PortBindings|Dns.*|ExtraHosts|PublishAllPorts)$/),
      // dockerd lists them in any order.
      Links: Array.isArray(HostConfig['Links']) ? HostConfig['Links'].toSorted() : HostConfig['Links'],
    },
    Config: pick(Config, /^(Hostname|Domainname|ExposedPorts|MacAddress)$/),
  };
}

/** `a.b.0 "text"`, a line for each value, sorted. */
function flatten(path: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [`${path} ${JSON.stringify(value)}`];
  }
  const parts = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.flatMap(([key, part]) => flatten(path === '' ? key : `${path}.${key}`, part));
}

/** By their names, for random ids are in no order. */
function toStableText(text: string, names: Names): string {
  const named = [...names].reduce(
    (part, [id, name]) => part.replaceAll(id, `<id of ${name}>`).replaceAll(id.slice(0, 12), `<short id of ${name}>`),
    text,
  );
  return named.replace(/\b[0-9a-f]{64}\b/g, '<id>');
}

function toStableLine(line: string, names: Names): string {
  return (
    toStableText(line, names)
      // Numbers of interfaces; what ends a line in `ip -o`.
      .replace(/^\d+: /, '<n>: ')
      // The host's end, whose number busybox may take for one of the container's own.
      .replace(/@\w+(?=: <)/, '@<peer>')
      .replace(',M-DOWN', '')
      .replace(/\s*\\\s+/, ' ')
      // An address that nobody else has been found to have yet: RFC 4862, 5.4.
      .replace(' tentative', '')
      // Ports that the kernel or the engine chose.
      .replace(/\b(32[89]\d\d|327[6-9]\d|3[3-9]\d{3}|[45]\d{4})\b/g, '<port>')
      .trimEnd()
  );
}
