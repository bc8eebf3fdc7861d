import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import type { LegacyLink } from './legacy-links.js';

/** What old links give a container. */
export interface OpenedLinks {
  /** Address and names of each, for the file of hosts. */
  readonly hosts: readonly (readonly [string, string])[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Loads what knows of them for containers that have links: most have none. Throws internal, in Docker's words. */
export async function openLegacyLinks(
  parts: Pick<ContainerParts, 'store' | 'images'>,
  record: ContainerRecord,
  { isRunning = false }: { readonly isRunning?: boolean } = {},
): Promise<OpenedLinks> {
  if (!record.networks.some(({ attachment: { links = [] } }) => links.length > 0)) return { hosts: [], variables: {} };
  const { findLegacyLinks, findLiveLinks, listLinkVariables, toHostLines } = await import('./legacy-links.js');
  const links: readonly LegacyLink[] = (isRunning ? findLiveLinks : findLegacyLinks)(parts, record);
  return { hosts: toHostLines(links), variables: listLinkVariables(parts, record, links) };
}
