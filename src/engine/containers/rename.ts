import { EngineError } from '../../model/errors.js';
import { checkName } from './check-config.js';
import type { ContainerParts } from './container-parts.js';
import { refuseTakenName } from './create.js';

/** Throws not-found, conflict (taken), invalid-argument. */
export function renameContainer(parts: Pick<ContainerParts, 'store' | 'database'>, ref: string, name: string): void {
  const newName = name.startsWith('/') ? name.slice(1) : name;
  if (newName === '') throw new EngineError('invalid-argument', 'Neither old nor new names may be empty');
  checkName(newName);
  parts.database.transaction(() => {
    const { id, name: oldName } = parts.store.resolve(ref);
    if (oldName === newName) {
      throw new EngineError('invalid-argument', 'Renaming a container with the same name as its current name');
    }
    refuseTakenName(parts, newName);
    parts.store.change(id, (record) => ({
      record: { ...record, name: newName },
      notices: [{ action: 'rename', attributes: { oldName: `/${oldName}` } }],
    }));
  });
}
