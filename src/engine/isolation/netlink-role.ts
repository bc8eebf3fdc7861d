import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { runRole } from '../../platform/role-process.js';
import { encodePlan, type PlanSetting } from './init-plan-encoding.js';

/** Encoded messages to the kernel's network, and who sends them when. native/README.md, `netlink` */
export interface NetlinkRequest {
  /**
   * `host` and `container` are rtnetlink of that network namespace; `filter` is nfnetlink of the host's, and so is `end`, which
   * is sent when the container has ended; `inside` is nfnetlink of the container's.
   */
  readonly place: 'host' | 'container' | 'inside' | 'filter' | 'end';
  /** What it does, after "cannot"; absent: it may fail. */
  readonly what?: string;
  readonly messages: Uint8Array;
  /** Where in the messages the descriptor of the other side's namespace goes, bytes. */
  readonly namespaceOffset?: number;
}

export function toNetlinkSetting({ place, what, messages, namespaceOffset }: NetlinkRequest): PlanSetting {
  return ['netlink', place, what ?? '', messages, namespaceOffset ?? ''];
}

/** Sends to the host's own network namespace, in order, until one fails. Rejects with RoleFailure. */
export async function sendToHost(spawner: ProcessSpawner, requests: readonly NetlinkRequest[]): Promise<void> {
  if (requests.length === 0) return;
  await runRole(spawner, ['netlink'], encodePlan({ settings: requests.map(toNetlinkSetting), operations: [] }));
}
