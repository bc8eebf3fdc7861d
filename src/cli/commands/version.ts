import { toWireVersion } from '../../api/wire/system.js';
import type { RunCommand } from '../command-spec.js';
import { renderObject } from '../format/render-object.js';
import { writeOutput } from '../write-output.js';

/** Docker's templates ask for .Client and .Server; here both are one process. */
export const version: RunCommand = async ({ cli, flags }) => {
  const engine = await cli.engine();
  const wire = toWireVersion(await engine.system.version());
  const lines = [
    'Engine: Gantry',
    ` Version:           ${wire.Version}`,
    ` API version:       ${wire.ApiVersion} (minimum version ${wire.MinAPIVersion})`,
    ` Kernel:            ${wire.KernelVersion}`,
    ` OS/Arch:           ${wire.Os}/${wire.Arch}`,
  ];
  const format = flags.text('format');
  // Templates know the fields under the names of Docker's Go types, which are not those of the JSON.
  const fields =
    format === 'json' ? wire : { ...wire, APIVersion: wire.ApiVersion, DefaultAPIVersion: wire.ApiVersion };
  const text = renderObject({ Client: fields, Server: fields }, format) ?? `${lines.join('\n')}\n`;
  await writeOutput(cli.stdout, text);
  return 0;
};
