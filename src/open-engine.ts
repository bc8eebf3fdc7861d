import type { Engine } from './engine/engine.js';
import { openLocalEngine } from './engine/local-engine.js';
import { cgroupParentOf } from './engine/system.js';
import type { EngineLocation } from './model/engine-location.js';
import { EngineError, messageOf } from './model/errors.js';
import type { HostCapability } from './model/host-capability.js';
import { findNativeProgram } from './native-program.js';
import { asksForAnother, DEFAULT_ROOT, DEFAULT_RUN_ROOT } from './own-engine.js';

/** What this host can do; works where no engine can be opened. */
export async function readCapabilities({
  root = DEFAULT_ROOT,
}: Pick<EngineLocation, 'root'> = {}): Promise<readonly HostCapability[]> {
  const { reportHost } = await import('./engine/host-report.js');
  return reportHost(root);
}

/** What the engine of this process is told of it. */
interface OwnProcess {
  /** Starts this program anew. */
  readonly command?: readonly string[];
  /** The process ends when the engine has been closed. */
  readonly endsWithProcess?: boolean;
}

/**
 * The engine that is meant: that of this process, or one behind Docker's API. Rejects: unavailable, and what either rejects with.
 */
export async function openEngine(location: EngineLocation, own: OwnProcess = {}): Promise<Engine> {
  const { env } = process;
  if (!asksForAnother(location, env)) return await openOwnEngine(location, own);
  const [{ chooseEndpoint }, { openRemote }] = await Promise.all([
    import('./api/client/choose-endpoint.js'),
    import('./open-remote.js'),
  ]);
  const endpoint = chooseEndpoint(location, location.isOwn === true ? {} : env);
  return endpoint === undefined ? await openOwnEngine(location, own) : await openRemote(endpoint, env);
}

/** The engine of this process. Rejects: unavailable, permission-denied. */
async function openOwnEngine(
  location: EngineLocation,
  { command = [process.execPath, process.argv[1] ?? ''], endsWithProcess = false }: OwnProcess,
): Promise<Engine> {
  const {
    root = DEFAULT_ROOT,
    runRoot = DEFAULT_RUN_ROOT,
    usernsRemap,
    storageDriver,
    firewallBackend,
    service,
  } = location;
  const uid = process.getuid?.();
  if (uid !== 0) {
    throw new EngineError(
      'permission-denied',
      `gantry must run as root, not as uid ${uid}: use sudo, or see 'gantry doctor'`,
    );
  }
  const env = [`GANTRY_ROOT=${root}`, `GANTRY_RUN_ROOT=${runRoot}`, `PATH=${process.env['PATH'] ?? ''}`];
  try {
    return await openLocalEngine({
      root,
      runRoot,
      program: findNativeProgram(),
      cgroupParent: cgroupParentOf(root, DEFAULT_ROOT),
      env: process.env,
      endsWithProcess,
      ...(usernsRemap && { usernsRemap }),
      ...(firewallBackend && { firewallBackend }),
      ...(storageDriver && { storageDriver }),
      ...(service && { service }),
      cleanupCommand: (id) => ({ args: [...command, '__cleanup', id], env }),
    });
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('unavailable', `cannot open the engine in ${root}: ${await explainFailure(root, cause)}`, {
      cause,
    });
  }
}

/** What the host lacks, where it lacks what no engine can do without; else what went wrong. */
async function explainFailure(root: string, cause: unknown): Promise<string> {
  const capabilities = await readCapabilities({ root });
  const missing = capabilities.find(({ required, status }) => required && status === 'missing');
  if (missing !== undefined)
    return `${missing.name} is missing (${missing.detail}): ${missing.cost ?? 'it is required'}`;
  return messageOf(cause);
}
