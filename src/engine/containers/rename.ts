import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { checkName } from './check-config.js';
import type { ContainerParts } from './container-parts.js';
import { refuseTakenName } from './create.js';
import { hasResolver } from './named-networks.js';

/** In its networks a container that runs is found by its new name. Rejects: not-found, conflict (taken), invalid-argument. */
export async function renameContainer(parts: ContainerParts, ref: string, name: string): Promise<void> {
  const newName = name.startsWith('/') ? name.slice(1) : name;
  if (newName === '') throw new EngineError('invalid-argument', 'Neither old nor new names may be empty');
  checkName(newName);
  const renamed = parts.database.transaction(() => {
    const { id, name: oldName } = parts.store.resolve(ref);
    if (oldName === newName) {
      throw new EngineError('invalid-argument', 'Renaming a container with the same name as its current name');
    }
    refuseTakenName(parts, newName);
    return parts.store.change(id, (record) => ({
      record: { ...record, name: newName },
      notices: [{ action: 'rename', attributes: { oldName: `/${oldName}` } }],
    }));
  });
  if (renamed === undefined || !isActive(renamed.state) || !hasResolver(renamed)) return;
  const { announceNames } = await import('./network-names.js');
  const { listPlaces } = await import('./endpoints.js');
  announceNames(parts.paths, renamed, listPlaces(await parts.networks.open(), renamed.networks));
}
