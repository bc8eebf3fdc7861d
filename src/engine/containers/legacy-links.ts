import type { ContainerEndpoint } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { readJoinedContainer } from '../../model/joined-container.js';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { makeLinkEnvironment } from './link-environment.js';

/**
 * Docker's old links, of the default network, which has no resolver: the recipient has the other's names in its file of hosts and its
 * ports and variables in its environment, as they are at the start.
 */
export interface LegacyLink {
  readonly alias: string;
  readonly target: ContainerRecord;
  /** The target's address in the default network. */
  readonly address: string;
}

type Parts = Pick<ContainerParts, 'store' | 'images'>;

/** Refuses links to what is not there or has no network of its own. Throws invalid-argument, in Docker's words. */
export function checkLegacyLinks(parts: Pick<Parts, 'store'>, { networks = [] }: ContainerConfig): void {
  const legacy = networks.filter(({ network }) => network === 'default' || network === DEFAULT_NETWORK);
  for (const [name] of legacy.flatMap(({ links = [] }) => links.map(splitLink))) {
    if (findTarget(parts, name).config.namespaces?.network !== 'host') continue;
    const reason = "host type networking can't be used with links. This would result in undefined behavior";
    throw new EngineError('invalid-argument', `conflicting options: ${reason}`);
  }
}

/** Those of a container that is being started. Throws internal, as Docker does and in its words. */
export function findLegacyLinks(parts: Pick<Parts, 'store'>, record: ContainerRecord): readonly LegacyLink[] {
  return listLinks(record).map((link) => openLink(parts, record, link));
}

/** Those of a container that runs: whoever has ended since is left out. */
export function findLiveLinks(parts: Pick<Parts, 'store'>, record: ContainerRecord): readonly LegacyLink[] {
  return listLinks(record).flatMap((link) => {
    try {
      return [openLink(parts, record, link)];
    } catch (error) {
      if (error instanceof EngineError) return [];
      throw error;
    }
  });
}

function listLinks({ networks }: ContainerRecord): readonly (readonly [name: string, alias: string])[] {
  return networks.filter(isDefault).flatMap(({ attachment: { links = [] } }) => links.map(splitLink));
}

function openLink(
  parts: Pick<Parts, 'store'>,
  recipient: ContainerRecord,
  [name, alias]: readonly [string, string],
): LegacyLink {
  const target = findTarget(parts, name);
  if (!isActive(target.state)) {
    const how = `/${target.name} AS /${recipient.name}/${alias}`;
    throw new EngineError('internal', `Cannot link to a non running container: ${how}`);
  }
  const address = target.networks.find(isDefault)?.ipAddress;
  if (address !== undefined) return { alias, target, address };
  throw new EngineError('internal', `container ${target.id} not attached to default bridge network`);
}

/** Address and names of each, for the file of hosts. */
export function toHostLines(links: readonly LegacyLink[]): readonly (readonly [string, string])[] {
  return links.map(({ alias, address, target: { id, name, config } }) => {
    const names = new Set([alias, config.hostname ?? id.slice(0, 12), name]);
    return [address, [...names].join(' ')];
  });
}

/** What the recipient's variables say of those it is linked to; its own take their place. */
export function listLinkVariables(
  { images }: Pick<Parts, 'images'>,
  recipient: ContainerRecord,
  links: readonly LegacyLink[],
): Readonly<Record<string, string>> {
  const all = links.map(({ alias, address, target: { imageId, config, process } }) => {
    const published = (config.ports ?? []).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
    const ofImage = images.get(imageId)?.image.config.exposedPorts ?? [];
    const ports = [...new Set([...ofImage, ...(config.exposedPorts ?? []), ...published])];
    return makeLinkEnvironment({ alias, recipient: recipient.name, address, ports, env: process.env });
  });
  return Object.assign({}, ...all) as Readonly<Record<string, string>>;
}

function isDefault({ networkName }: ContainerEndpoint): boolean {
  return networkName === DEFAULT_NETWORK;
}

/** `NAME:ALIAS` or `NAME` */
function splitLink(text: string): readonly [name: string, alias: string] {
  const [name = '', alias = name] = text.split(':');
  return [name, alias];
}

/** Of one that has joined another's network, the other. */
function findTarget({ store }: Pick<Parts, 'store'>, name: string): ContainerRecord {
  for (let ref = name; ; ) {
    let target: ContainerRecord;
    try {
      target = store.resolve(ref);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const message = `could not get container for ${ref}: ${error.message}`;
      throw new EngineError('invalid-argument', message, { cause: error });
    }
    const donor = readJoinedContainer(target.config.namespaces?.network);
    if (donor === undefined) return target;
    ref = donor;
  }
}
