import type { OciProcess, OciRunOptions } from '../../model/oci-runtime.js';
import { createContainer } from './create.js';
import { deleteContainer } from './end-container.js';
import { toOciProcess } from './launch-process.js';
import type { RuntimeParts } from './runtime-parts.js';
import { startContainer } from './start.js';

/** Create and start; where it is waited for, and not to be kept, the container goes with its process. */
export async function runContainer(parts: RuntimeParts, id: string, options: OciRunOptions): Promise<OciProcess> {
  const launched = await createContainer(parts, id, options, !options.detach);
  try {
    await startContainer(parts, id);
  } catch (error) {
    await deleteContainer(parts, id, true);
    throw error;
  }
  const running = toOciProcess(launched);
  if (options.detach || options.keep) return running;
  const remove = async (code: number) => {
    await deleteContainer(parts, id, true);
    return code;
  };
  return { ...running, exit: running.exit.then(remove) };
}
