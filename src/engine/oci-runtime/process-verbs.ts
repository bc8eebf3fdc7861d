import type { OciRuntime } from '../../model/oci-runtime.js';
import { createContainer } from './create.js';
import { formatDefaultConfig } from './default-config.js';
import { execInContainer, runInContainer } from './exec.js';
import { listFeatures } from './features.js';
import { runContainer } from './run.js';
import type { RuntimeParts } from './runtime-parts.js';
import { updateContainer } from './update.js';

/** The verbs that read documents of others, compile plans and make processes: a schema and the isolation are loaded with them. */
export function openProcessVerbs(
  parts: RuntimeParts,
): Pick<OciRuntime, 'create' | 'run' | 'exec' | 'update' | 'defaultConfig' | 'features'> &
  Pick<RuntimeParts, 'runInContainer'> {
  return {
    async create(id, options) {
      await createContainer(parts, id, options);
    },
    run: (id, options) => runContainer(parts, id, options),
    exec: (id, options) => execInContainer(parts, id, options),
    update: (id, resources) => updateContainer(parts, id, resources),
    defaultConfig: () => Promise.resolve(formatDefaultConfig()),
    features: () => Promise.resolve(listFeatures()),
    runInContainer: (state, program) => runInContainer(parts, state, program),
  };
}
