import type { CommitOptions, ContainerService } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerRef } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import { parseImageReference } from '../../model/image-reference.js';
import { toList, toObject, toText } from '../../model/json-values.js';
import type { FileChange } from '../../model/layer.js';
import { fromWireImage } from '../wire/from-image.js';
import { fromWirePathStat } from '../wire/path-stat.js';
import type { ApiClient } from './api-client.js';
import { containerPath } from './container-paths.js';
import { readWhole } from './read-stream.js';
import { splitReference } from './split-reference.js';

type FileVerb = 'changes' | 'statPath' | 'readArchive' | 'writeArchive' | 'export' | 'commit';

const KINDS: readonly FileChange['kind'][] = ['modified', 'added', 'deleted'];
const STAT_HEADER = 'x-docker-container-path-stat';

/** Files of containers, in and out. */
export function createContainerFiles(client: ApiClient): Pick<ContainerService, FileVerb> {
  return {
    changes: async (ref) => {
      const rows = toList(await client.json({ method: 'GET', path: containerPath(ref, 'changes') })).map(toObject);
      return rows.map(({ Path, Kind }) => ({ path: toText(Path), kind: KINDS[Number(Kind)] ?? 'modified' }));
    },
    statPath: async (ref, path) => {
      try {
        const answer = await client.send({ method: 'HEAD', path: containerPath(ref, 'archive'), query: { path } });
        answer.resume();
        return fromWirePathStat(String(answer.headers[STAT_HEADER]));
      } catch (error) {
        throw await explainMissing(client, error, ref, path);
      }
    },
    readArchive: async (ref, path, { signal } = {}) => {
      const asked = { method: 'GET', path: containerPath(ref, 'archive'), query: { path } } as const;
      return readWhole(await client.send({ ...asked, ...(signal && { signal }) }), signal);
    },
    writeArchive: async (ref, path, tar, { noOverwriteDirNonDir, copyUidGid, signal } = {}) => {
      await client.run({
        method: 'PUT',
        path: containerPath(ref, 'archive'),
        query: { path, noOverwriteDirNonDir, copyUIDGID: copyUidGid },
        body: tar,
        ...(signal && { signal }),
      });
    },
    export: async (ref) => readWhole(await client.send({ method: 'GET', path: containerPath(ref, 'export') })),
    commit: (ref, options) => commit(client, ref, options),
  };
}

/** The answer to HEAD has no body: what is missing is asked for once more, where it is the container. */
async function explainMissing(client: ApiClient, error: unknown, ref: ContainerRef, path: string): Promise<unknown> {
  if (!(error instanceof EngineError && error.kind === 'not-found')) return error;
  try {
    await client.json({ method: 'GET', path: containerPath(ref, 'json') });
  } catch (missing) {
    return missing;
  }
  return new EngineError('not-found', `Could not find the file ${path} in container ${ref}`, { cause: error });
}

async function commit(client: ApiClient, ref: ContainerRef, options: CommitOptions): Promise<Image> {
  const { reference, author, message, pause = true, changes = [] } = options;
  const { name: repo, tag } = reference === undefined ? {} : splitReference(parseImageReference(reference));
  const query = { container: ref, repo, tag, author, comment: message, pause: pause ? '1' : '0', changes };
  const wire = toObject(await client.json({ method: 'POST', path: '/commit', query, body: {} }));
  return fromWireImage(await client.json({ method: 'GET', path: `/images/${toText(wire['Id'])}/json` }));
}
