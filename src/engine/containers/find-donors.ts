import { hasProcess } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { readJoinedContainer } from '../../model/joined-container.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import type { Donor, Donors } from './spec-namespaces.js';

type Parts = Pick<ContainerParts, 'store'>;

/**
 * The containers that modes `container:X` name; they must run. Throws conflict where one does not; where there is none not-found, of a
 * network internal, as Docker does.
 */
export function findDonors(parts: Parts, { config }: Pick<ContainerRecord, 'config'>): Donors {
  const modes = config.namespaces ?? {};
  const pid = findDonor(parts, modes.pid);
  const ipc = findDonor(parts, modes.ipc);
  const network = findNetworkDonor(parts, modes.network);
  return { ...(pid && { pid }), ...(ipc && { ipc }), ...(network && { network }) };
}

function findDonor({ store }: Parts, mode: string | undefined): Donor | undefined {
  const ref = readJoinedContainer(mode);
  if (ref === undefined) return undefined;
  const record = store.resolve(ref);
  return toDonor(record) ?? refuse(`namespace of a non running container: container ${record.id} is not running`);
}

function findNetworkDonor({ store }: Parts, mode: string | undefined): Donor | undefined {
  const ref = readJoinedContainer(mode);
  if (ref === undefined) return undefined;
  let record: ContainerRecord;
  try {
    record = store.resolve(ref);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const kind = error.kind === 'not-found' ? 'internal' : error.kind;
    throw new EngineError(kind, `joining network namespace of container: ${error.message}`, { cause: error });
  }
  const { name, state } = record;
  return (
    toDonor(record) ?? refuse(`network namespace of a non running container: container ${name} is ${state.status}`)
  );
}

function toDonor({ name, state, config, idMaps }: ContainerRecord): Donor | undefined {
  if (!hasProcess(state)) return undefined;
  return { name, pid: state.init.pid, config, isRemapped: idMaps !== undefined };
}

function refuse(what: string): never {
  throw new EngineError('conflict', `cannot join ${what}`);
}
