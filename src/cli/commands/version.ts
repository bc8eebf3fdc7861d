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
  await writeOutput(
    cli.stdout,
    renderObject({ Client: wire, Server: wire }, flags.text('format')) ?? `${lines.join('\n')}\n`,
  );
  return 0;
};
