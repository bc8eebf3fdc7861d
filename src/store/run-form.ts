import type { ContainerConfig } from '../model/container-config.js';
import type { FlagValues } from '../model/flags.js';
import { parseRunOptions } from '../model/run-options.js';
import { matchCandidates } from './completion.js';
import type { ResourcesState } from './resources-store.js';
import { splitWords } from './split-words.js';
import { startsShell } from './starts-shell.js';

export type RunFieldName =
  | 'image'
  | 'name'
  | 'command'
  | 'memory'
  | 'cpus'
  | 'env'
  | 'volume'
  | 'publish'
  | 'network'
  | 'restart'
  | 'tty'
  | 'rm';

/** A field of the run form; its name is the flag's of `gantry run`, but for image and command. */
export interface RunField {
  readonly name: RunFieldName;
  readonly label: string;
  readonly hint: string;
  /** `words`: several values, split as a shell does. */
  readonly kind: 'text' | 'words' | 'switch';
}

export const RUN_FIELDS: readonly RunField[] = [
  { name: 'image', label: 'image', hint: 'name or id', kind: 'text' },
  { name: 'name', label: 'name', hint: 'empty: one is made up', kind: 'text' },
  { name: 'command', label: 'command', hint: 'empty: that of the image', kind: 'words' },
  { name: 'memory', label: 'memory', hint: '64m, 1.5g; empty: no limit', kind: 'text' },
  { name: 'cpus', label: 'cpus', hint: '0.5, 2; empty: no limit', kind: 'text' },
  { name: 'env', label: 'env', hint: "NAME=value OTHER='two words'", kind: 'words' },
  { name: 'volume', label: 'volume', hint: '/host/path:/path name:/path:ro', kind: 'words' },
  { name: 'publish', label: 'publish', hint: '8080:80', kind: 'words' },
  { name: 'network', label: 'network', hint: 'empty: the default; host, none, or a name', kind: 'text' },
  { name: 'restart', label: 'restart', hint: 'no, on-failure, always, unless-stopped', kind: 'text' },
  { name: 'tty', label: 'terminal', hint: 'a tty and an open stdin (-it)', kind: 'switch' },
  { name: 'rm', label: 'remove', hint: 'after its exit (--rm)', kind: 'switch' },
];

export interface RunForm {
  /** Texts as typed; a switch is `yes` or empty. */
  readonly values: Readonly<Record<RunFieldName, string>>;
  /** The user has switched it: it no longer follows from image and command. */
  readonly isTerminalChosen: boolean;
  readonly field: RunFieldName;
  readonly cursor: number;
  readonly error: string | undefined;
}

type Images = Pick<ResourcesState, 'images'>;

/** The form for an image; the terminal is switched on where it starts a shell, which would end at once without. */
export function createRunForm(image: string, resources: Images): RunForm {
  const values = Object.fromEntries(RUN_FIELDS.map(({ name }) => [name, ''])) as Record<RunFieldName, string>;
  const form: RunForm = {
    values: { ...values, image },
    isTerminalChosen: false,
    field: image === '' ? 'image' : 'name',
    cursor: 0,
    error: undefined,
  };
  return followShell(form, resources);
}

/** The form with another text in the field that has the cursor. */
export function typeInRunForm(form: RunForm, typed: { text: string; cursor: number }, resources: Images): RunForm {
  const values = { ...form.values, [form.field]: typed.text };
  return followShell({ ...form, values, cursor: typed.cursor, error: undefined }, resources);
}

/** The form with its field, a switch, turned. */
export function turnRunSwitch(form: RunForm): RunForm {
  const values = { ...form.values, [form.field]: form.values[form.field] === '' ? 'yes' : '' };
  const isTerminalChosen = form.isTerminalChosen || form.field === 'tty';
  return { ...form, values, isTerminalChosen, error: undefined };
}

/** The fields that are not empty. */
export function filledRunFields({ values }: RunForm): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, text]) => text !== ''));
}

/** The form as it was at a run before: the newest first, then from one to the next older. Undefined where there is none. */
export function recallRun(form: RunForm, runs: readonly Readonly<Record<string, string>>[]): RunForm | undefined {
  const now = JSON.stringify(filledRunFields(form));
  const at = runs.findIndex((run) => JSON.stringify(run) === now);
  const run = runs[(at + 1) % Math.max(1, runs.length)];
  if (run === undefined) return undefined;
  const values = Object.fromEntries(RUN_FIELDS.map(({ name }) => [name, run[name] ?? ''])) as RunForm['values'];
  return { ...form, values, isTerminalChosen: true, cursor: [...values[form.field]].length, error: undefined };
}

/** What the text of the field with the cursor may become: names of images, networks and volumes, and restart policies. */
export function completeRunField(
  { values, field }: RunForm,
  resources: Pick<ResourcesState, 'images' | 'embedded' | 'networks' | 'volumes'>,
): readonly string[] {
  const text = values[field];
  switch (field) {
    case 'image': {
      const { images, embedded } = resources;
      const made = embedded.filter(({ unavailable }) => unavailable === undefined).map(({ name }) => name);
      return matchCandidates(text, [...images.flatMap(({ repoTags }) => repoTags), ...made]);
    }
    case 'network':
      return matchCandidates(text, ['host', 'none', ...resources.networks.map(({ name }) => name)]);
    case 'restart':
      return matchCandidates(text, ['no', 'on-failure', 'always', 'unless-stopped']);
    case 'volume': {
      const start = text.lastIndexOf(' ') + 1;
      const names = resources.volumes.map(({ name }) => `${name}:`);
      return matchCandidates(text.slice(start), names).map((name) => text.slice(0, start) + name);
    }
    default:
      return [];
  }
}

function followShell(form: RunForm, { images }: Images): RunForm {
  if (form.isTerminalChosen) return form;
  const { image, command } = form.values;
  const tty = startsShell(image.trim(), splitWords(command), images) ? 'yes' : '';
  return { ...form, values: { ...form.values, tty } };
}

/** The container that a form asks for, and the equal command line's arguments. Throws invalid-argument as `gantry run` does. */
export function parseRunForm({ values }: RunForm): { config: ContainerConfig; args: readonly string[] } {
  const flags: Record<string, string | boolean | readonly string[]> = { detach: true };
  const args: string[] = ['gantry', 'run', '--detach'];
  for (const { name, kind } of RUN_FIELDS) {
    const text = values[name].trim();
    if (text === '' || name === 'image' || name === 'command') continue;
    if (kind === 'switch') {
      flags[name] = true;
      args.push(`--${name}`);
    } else {
      const words = kind === 'words' ? splitWords(text) : [text];
      flags[name] = kind === 'words' || name === 'network' ? words : text;
      args.push(...words.flatMap((word) => [`--${name}`, word]));
    }
  }
  if (values.tty !== '') {
    flags['interactive'] = true;
    args.push('--interactive');
  }
  const image = values.image.trim();
  const command = splitWords(values.command);
  const { config } = parseRunOptions({ flags: flags satisfies FlagValues, image, command, caller: NOBODY });
  return { config, args: [...args, image, ...command] };
}

/** The form takes nothing from the environment of the process that shows it. */
const NOBODY = { env: {}, workingDir: '/', files: new Map<string, string>() };
