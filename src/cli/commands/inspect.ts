import { toWireImage } from '../../api/wire/image.js';
import { toWireNetwork } from '../../api/wire/network.js';
import { readWireContainer } from '../../api/wire/read-container.js';
import { toWireVolume } from '../../api/wire/volume.js';
import type { Engine } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import { CliError } from '../cli-error.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { compileTemplate, type Template } from '../format/template.js';
import { TemplateError } from '../format/template-lexer.js';
import { writeOutput } from '../write-output.js';

/** Looks a thing up and gives it in Docker's JSON. Rejects: not-found. */
type Lookup = (engine: Engine, ref: string, options: LookupOptions) => Promise<object>;

interface LookupOptions {
  /** Of containers: their sizes too. */
  readonly size: boolean;
}

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  container: (engine, ref, options) => readWireContainer(engine, ref, options),
  image: async (engine, ref) => {
    const image = await engine.images.inspect(ref);
    const { storageDriver } = await engine.system.info();
    return toWireImage(image, storageDriver, await engine.layers?.foldersOf?.(ref));
  },
  network: async (engine, ref) => toWireNetwork(await engine.networks.inspect(ref)),
  volume: async (engine, ref) => toWireVolume(await engine.volumes.inspect(ref as VolumeName)),
};

export const inspectContainers: RunCommand = (call) => inspectAll(call, ['container']);
export const inspectImages: RunCommand = (call) => inspectAll(call, ['image']);
export const inspectNetworks: RunCommand = (call) => inspectAll(call, ['network']);
export const inspectVolumes: RunCommand = (call) => inspectAll(call, ['volume']);

export const inspectAny: RunCommand = async (call) => {
  const type = call.flags.text('type') ?? '';
  if (type !== '' && LOOKUPS[type] === undefined) {
    const words = Object.keys(LOOKUPS).map((word) => `"${word}"`);
    throw new CliError(`unknown type: "${type}": must be one of ${words.join(', ')}`);
  }
  return await inspectAll(call, type === '' ? Object.keys(LOOKUPS) : [type]);
};

/** Prints what is found, then says of each of the others that it is not there. */
async function inspectAll({ cli, flags, args }: CommandCall, types: readonly string[]): Promise<number> {
  const format = flags.text('format') ?? '';
  const template = format === '' || format === 'json' ? undefined : compile(format);
  const engine = await cli.engine();
  const found: object[] = [];
  const missing: string[] = [];
  for (const ref of args) {
    const value = await findOne(engine, ref, { types, size: flags.isSet('size') });
    if (typeof value === 'string') {
      missing.push(value);
    } else {
      found.push(value);
    }
  }
  await cli.print(render(found, format, template));
  if (missing.length === 0) return 0;
  await writeOutput(cli.stderr, missing.map((message) => `gantry: ${message}\n`).join(''));
  return 1;
}

/** The thing, or the message that there is none. */
async function findOne(
  engine: Engine,
  ref: string,
  { types, size }: LookupOptions & { readonly types: readonly string[] },
): Promise<object | string> {
  if (ref.trim() === '') return `invalid ${types.length === 1 ? types[0] : 'object'} name or ID: value is empty`;
  let message = `No such object: ${ref}`;
  for (const type of types) {
    try {
      const value = await LOOKUPS[type]?.(engine, ref, { size });
      if (value !== undefined) {
        return value;
      }
    } catch (error) {
      if (!(error instanceof EngineError && error.kind === 'not-found')) {
        throw error;
      }
      message = types.length === 1 ? error.message : message;
    }
  }
  return message;
}

function render(found: readonly object[], format: string, template: Template | undefined): string {
  if (template !== undefined) {
    return found.map((value) => `${execute(template, value)}\n`).join('');
  }
  if (format === 'json') {
    return `${JSON.stringify(found)}\n`;
  }
  return `${JSON.stringify(found, undefined, 4)}\n`;
}

function compile(format: string): Template {
  try {
    return compileTemplate(format);
  } catch (error) {
    throw error instanceof TemplateError
      ? new TemplateError('parse', `template parsing error: ${error.message}`)
      : error;
  }
}

function execute(template: Template, value: object): string {
  try {
    return template.execute(value);
  } catch (error) {
    throw error instanceof TemplateError
      ? new TemplateError('execute', `template parsing error: ${error.message}`)
      : error;
  }
}
