import { EngineError, messageOf } from '../../model/errors.js';
import type { OciStatus } from '../../model/oci-runtime.js';
import { runHook } from '../../platform/run-hook.js';
import type { BundleHook } from './bundle-config.js';
import { toHookState } from './container-status.js';
import type { ContainerState } from './state-store.js';

/** Runs them in their order, on the host, until one fails. Throws internal, in runc's words. */
export function runHooks(
  hooks: readonly BundleHook[] | undefined,
  state: ContainerState,
  status: OciStatus,
  pid: number,
): void {
  for (const [index, hook] of (hooks ?? []).entries()) {
    try {
      runHook(hook, state.bundle, toHookState(state, status, pid));
    } catch (cause) {
      throw new EngineError('internal', `error running hook #${index}: error running hook: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

/** The same for hooks whose failure changes nothing any more: it is told. runtime.md, "Lifecycle", steps 9 and 13. */
export function runLateHooks(
  hooks: readonly BundleHook[] | undefined,
  state: ContainerState,
  status: OciStatus,
  warn: (message: string) => void,
): void {
  for (const hook of hooks ?? []) {
    try {
      runHooks([hook], state, status, status === 'stopped' ? 0 : (state.init?.pid ?? 0));
    } catch (error) {
      warn(messageOf(error));
    }
  }
}
