import type { HostCapability } from '../../model/host-capability.js';
import type { RunCommand } from '../command-spec.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { writeOutput } from '../write-output.js';

const DOCTOR_LIST: ListShape = {
  titles: { Name: 'CAPABILITY', Status: 'STATUS', Detail: 'FOUND', Cost: 'COST', Required: 'REQUIRED' },
  columns: ['Name', 'Status', 'Detail', 'Cost'],
  typeName: 'host capability',
};

/** Exit code 1 where the engine cannot work on this host at all. */
export const doctor: RunCommand = async ({ cli, flags }) => {
  // Not through the engine: it cannot be opened on the hosts that need a doctor most.
  const capabilities = await cli.hostCapabilities();
  await cli.print(renderList(DOCTOR_LIST, capabilities.map(toRow), flags.text('format')));
  const missing = capabilities.filter(({ required, status }) => required && status === 'missing');
  for (const { name, cost } of missing) {
    await writeOutput(cli.stderr, `gantry: ${name} is missing and required${cost === undefined ? '' : `: ${cost}`}\n`);
  }
  return missing.length === 0 ? 0 : 1;
};

function toRow({ name, status, detail, cost, required }: HostCapability): ListRow {
  const words = { available: 'yes', limited: 'in part', missing: 'no' } as const;
  return { Name: name, Status: words[status], Detail: detail, Cost: cost ?? '', Required: required ? 'yes' : 'no' };
}
